// Starts GraphiQL on our own endpoint, with questions to begin with. The texts are queries of the schema: a test runs
// each of them.
"use strict";

const EXAMPLES = [
  {
    query: `# What is a concept, how does it relate to others, and which sentence says so?
# An ID argument takes an id, a name or an alias, in any case.
query Concept($name: ID! = "attention") {
  concept(id: $name) {
    name
    aliases
    kind
    definition
    relations(first: 10) {
      totalCount
      edges {
        node {
          source { name }
          label
          target { name }
          origin
          confidence
          evidence { text line rule source { path } }
        }
      }
    }
  }
}
`,
  },
  {
    query: `# What to learn before GQA, in which order, and why?
query StudyPath($targets: [ID!]! = ["GQA"], $known: [ID!]! = []) {
  studyPath(targets: $targets, known: $known) {
    steps {
      concept { id name }
      because { label target { name } confidence }
    }
    cycles
  }
}
`,
  },
  {
    query: `# Search finds Chinese words as well, down to a single character.
query Search($query: String! = "注意力") {
  search(query: $query, first: 10) {
    score
    matched
    concept { id name aliases kind }
  }
}
`,
  },
  {
    query: `# What is around a concept, one or two relations away?
query Neighborhood($ids: [ID!]! = ["attention"]) {
  neighborhood(ids: $ids, radius: 1, first: 50) {
    truncated
    concepts { id name kind }
    relations { source { id } type target { id } }
  }
}
`,
  },
  {
    query: `# What can be learnt next, and how do two concepts hang together?
query Next($known: [ID!]! = ["attention"], $from: ID! = "GQA", $to: ID! = "attention") {
  frontier(known: $known, first: 10) {
    concept { name }
    unlocks { name }
  }
  shortestPath(source: $from, target: $to, directed: false) {
    source { name }
    type
    target { name }
  }
}
`,
  },
  {
    query: `# What is there? Pages: give endCursor as $after for the next one.
query Overview($first: Int = 20, $after: String) {
  stats { concepts relations passages sources relationsByType { type count } }
  topics { name conceptCount childCount }
  concepts(first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { id name kind } }
  }
}
`,
  },
];

const root = ReactDOM.createRoot(document.getElementById("graphiql"));
root.render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    defaultTabs: EXAMPLES,
    defaultEditorToolsVisibility: "variables",
    shouldPersistHeaders: false,
  }),
);
