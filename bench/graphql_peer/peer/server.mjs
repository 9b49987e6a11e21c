// Serves the concepts of a Note Atlas store in Neo4j by @neo4j/graphql on Apollo Server, as their manuals have it:
// standalone, on a free port of the loopback, which it prints. NEO4J_URI, NEO4J_USER and NEO4J_PASSWORD say where the
// database is. It ends with its standard input.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { Neo4jGraphQL } from "@neo4j/graphql";
import neo4j from "neo4j-driver";

const typeDefs = /* GraphQL */ `
  type Concept @node
    @fulltext(indexes: [{ indexName: "concept_search", queryName: "conceptsFound", fields: ["search_text"] }]) {
    id: ID!
    name: String!
    name_key: String!
    search_text: String!
    prerequisites: [Concept!]! @relationship(type: "PREREQUISITE_OF", direction: IN, properties: "Said")
  }

  type Said @relationshipProperties {
    evidence_text: [String!]!
    evidence_place: [String!]!
  }
`;

const { NEO4J_URI, NEO4J_USER, NEO4J_PASSWORD } = process.env;
const driver = neo4j.driver(NEO4J_URI, neo4j.auth.basic(NEO4J_USER, NEO4J_PASSWORD));
const schema = await new Neo4jGraphQL({ typeDefs, driver }).getSchema();
const server = new ApolloServer({ schema });
const { url } = await startStandaloneServer(server, { listen: { host: "127.0.0.1", port: 0 } });
console.log(url);
process.stdin.resume().on("end", () => process.exit(0));
