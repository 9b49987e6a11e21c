// Asks a running service the 61 questions of the npm package graphql-http about GraphQL over HTTP.
//
//     npm install graphql-http graphql && node graphql_http_audit.mjs http://localhost:8765/graphql
//
// Run it in a folder of its own, with a copy of this file. Exits 1 if an audit is not passed.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2], fetchFn: fetch });
const failed = results.filter((result) => result.status !== "ok");
for (const { status, id, name, reason } of failed) console.log(status, id, name, reason);
console.log(`${results.length - failed.length} of ${results.length}`);
process.exit(failed.length ? 1 : 0);
