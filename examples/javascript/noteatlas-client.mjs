// A client of Note Atlas's GraphQL for Node 20 and browsers, to copy into a program of yours. It needs no package.
//
//   const atlas = new Atlas("http://127.0.0.1:8765");
//   for (const step of await atlas.studyPath(["GQA"], { known: ["attention"] })) console.log(step.concept.name);
//
// Run as a program it asks a service four things and prints the answers:
//
//   node noteatlas-client.mjs http://127.0.0.1:8765 GQA

import { pathToFileURL } from "node:url";

/**
 * @typedef {{ id: string, name: string, aliases?: string[], definition?: string | null }} Concept
 * @typedef {{ text: string, line: number, source: { path: string } }} Evidence
 * @typedef {{ type: string, label: string, source: Concept, target: Concept, origin: string, confidence: number,
 *             evidence: Evidence[] }} Relation
 * @typedef {{ concept: Concept, because: Relation[] }} Step
 */

const FACTS = `
fragment Facts on Relation {
  type
  label
  source { id name }
  target { id name }
  origin
  confidence
  evidence { text line source { path } }
}
`;

/** The service refused or failed. `code` is stable (see docs/graphql.md), `details` is what goes with it. */
export class AtlasError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {Record<string, any>} details
   */
  constructor(code, message, details) {
    super(`${code}: ${message}`);
    this.name = "AtlasError";
    this.code = code;
    this.details = details;
  }
}

/** A service. `token` is needed where the service asks for one. */
export class Atlas {
  /**
   * @param {string} url
   * @param {{ token?: string, timeoutMs?: number }} [options]
   */
  constructor(url, { token, timeoutMs = 30_000 } = {}) {
    this.endpoint = new URL("/graphql", url);
    this.headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    this.timeoutMs = timeoutMs;
  }

  /**
   * The data of any query. Throws an AtlasError with the code of the first error.
   *
   * @param {string} query
   * @param {Record<string, unknown>} [variables]
   * @returns {Promise<any>}
   */
  async ask(query, variables = {}) {
    const response = await fetch(this.endpoint, {
      method: "POST",
      headers: this.headers,
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(this.timeoutMs),
    });
    const body = await response.json().catch(() => null);
    if (!body?.data && !body?.errors) {
      throw new AtlasError("NO_ANSWER", `status ${response.status}, and no GraphQL`, {});
    }
    for (const error of body.errors ?? []) {
      const { code = "UNKNOWN", ...details } = error.extensions ?? {};
      throw new AtlasError(code, error.message, details);
    }
    return body.data;
  }

  /**
   * What is called `name` (an id, a name or an alias) with its first relations; null if nothing is.
   *
   * @param {string} name
   * @param {{ relations?: number }} [options]
   * @returns {Promise<(Concept & { relations: Relation[] }) | null>}
   */
  async concept(name, { relations = 20 } = {}) {
    const query = `query ($id: ID!, $first: Int!) { concept(id: $id) { id name aliases definition
      relations(first: $first) { edges { node { ...Facts } } } } } ${FACTS}`;
    const { concept } = await this.ask(query, { id: name, first: relations });
    return concept && { ...concept, relations: concept.relations.edges.map((edge) => edge.node) };
  }

  /**
   * Every concept by name, asking for so many at a time.
   *
   * @param {{ page?: number }} [options]
   * @returns {AsyncGenerator<Concept>}
   */
  async *concepts({ page = 100 } = {}) {
    const query = `query ($first: Int!, $after: String) { concepts(first: $first, after: $after) {
      pageInfo { hasNextPage endCursor } edges { node { id name aliases } } } }`;
    let after = null;
    do {
      const { concepts } = await this.ask(query, { first: page, after });
      yield* concepts.edges.map((edge) => edge.node);
      after = concepts.pageInfo.hasNextPage ? concepts.pageInfo.endCursor : null;
    } while (after !== null);
  }

  /**
   * What to learn for the targets, in order, less what is known.
   *
   * @param {string[]} targets
   * @param {{ known?: string[] }} [options]
   * @returns {Promise<Step[]>}
   */
  async studyPath(targets, { known = [] } = {}) {
    const query = `query ($targets: [ID!]!, $known: [ID!]) { studyPath(targets: $targets, known: $known) {
      steps { concept { id name } because { ...Facts } } } } ${FACTS}`;
    return (await this.ask(query, { targets, known })).studyPath.steps;
  }
}

/**
 * Ask for a concept with its evidence, for all concepts, for a study path, and for something that is not there.
 *
 * @param {string} url
 * @param {string} name
 */
async function main(url, name) {
  const atlas = new Atlas(url, { token: process.env.NOTEATLAS_TOKEN });
  const found = await atlas.concept(name);
  if (found === null) {
    console.log(`no concept is called ${name}`);
    return;
  }
  console.log(`${found.name} (${found.aliases?.join(", ")})`);
  for (const { source, label, target, evidence } of found.relations) {
    for (const said of evidence) {
      console.log(`  ${source.name} ${label} ${target.name}`);
      console.log(`    ${said.source.path}:${said.line}: ${said.text}`);
    }
  }
  let count = 0;
  for await (const _ of atlas.concepts({ page: 20 })) count += 1;
  console.log(`${count} concepts`);
  console.log("Study path:");
  for (const [index, step] of (await atlas.studyPath([name])).entries()) {
    const neededBy = step.because.map((relation) => relation.target.name).join(", ");
    console.log(`  ${index + 1}. ${step.concept.name}${neededBy ? ` (before ${neededBy})` : ""}`);
  }
  try {
    await atlas.studyPath([`${name}-of-nothing`]);
  } catch (error) {
    if (!(error instanceof AtlasError)) throw error;
    console.log(`${error.code}: near are ${error.details.near.join(", ") || "none"}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main(process.argv[2], process.argv[3]);
