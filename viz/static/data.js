// Where the page gets what is not drawn yet: from the page itself (a saved file) or from the GraphQL service that
// served it. Both sources have the same four questions and the same answers:
//   search(query)            -> [{concept, matched}]
//   concept(id)              -> {id, name, aliases, kind, definition, place, passages, relations, more} or null
//   relation(key)            -> a relation with its evidence, or null
//   around(id, types)        -> {concepts, relations}: its neighbours by these types, and what relates to them
// A relation is {source, target: {id, name, aliases, kind}, type, origin, confidence, evidence: [{path, line, text,
// rule}], because: [{source, type, target}]}; one from `around` has no evidence and ids for its ends' details.
"use strict";
(function (atlas) {
  const MOST_HITS = 10;
  const MOST_NEIGHBOURS = 40;
  const MOST_IN_ANSWER = 300; // the service's own limit for a neighbourhood

  /** What identifies a relation. */
  atlas.keyOf = (source, type, target) => JSON.stringify([source, type, target]);

  /** The form of a name in which two spellings of it are equal. */
  function plain(text) {
    return text.normalize("NFKC").toLowerCase().replace(/[\s\-_·"'“”‘’`*]+/g, "");
  }

  // -- a saved file: everything is in the page ---------------------------------------------------------------------

  function embedded(doc) {
    const concepts = new Map(doc.concepts.map((c) => [c.id, c]));
    const rows = new Map(doc.relations.map((r) => [atlas.keyOf(r.source, r.type, r.target), r]));
    const touching = new Map(doc.concepts.map((c) => [c.id, []]));
    for (const row of doc.relations) {
      touching.get(row.source).push(row);
      touching.get(row.target).push(row);
    }
    const passages = new Map();
    for (const passage of doc.passages) {
      for (const id of passage.concepts) {
        if (!passages.has(id)) passages.set(id, []);
        passages.get(id).push(passage);
      }
    }
    const names = doc.concepts.map((c) => [c.name, ...c.aliases].map((name) => [name, plain(name)]));

    function full(row) {
      const because = row.because.map(([s, type, t]) => ({ source: concepts.get(s), type, target: concepts.get(t) }));
      return {
        ...row,
        source: concepts.get(row.source),
        target: concepts.get(row.target),
        because: because.filter((b) => b.source && b.target),
      };
    }

    /** 3 for a whole name, 2 for the beginning of one, 1 for a part, 0.5 in the definition, 0 for no match. */
    function score(index, query, words) {
      let best = [0, ""];
      for (const [name, key] of names[index]) {
        const value = key === query ? 3 : key.startsWith(query) ? 2 : words.every((w) => key.includes(w)) ? 1 : 0;
        if (value > best[0]) best = [value, name];
      }
      const definition = doc.concepts[index].definition;
      if (!best[0] && definition && words.every((w) => plain(definition).includes(w))) best = [0.5, definition];
      return best;
    }

    return {
      async search(text) {
        const query = plain(text);
        const words = text.split(/\s+/).map(plain).filter(Boolean);
        if (!query) return [];
        const hits = [];
        doc.concepts.forEach((concept, index) => {
          const [value, matched] = score(index, query, words);
          if (value) hits.push({ concept, matched, value });
        });
        hits.sort((a, b) => b.value - a.value || a.concept.name.length - b.concept.name.length
          || (a.concept.id < b.concept.id ? -1 : 1));
        return hits.slice(0, MOST_HITS);
      },
      async concept(id) {
        const concept = concepts.get(id);
        if (!concept) return null;
        const place = concept.document ? { path: concept.document, line: concept.line } : null;
        const relations = touching.get(id).map(full);
        return { ...concept, place, passages: passages.get(id) || [], relations, more: false };
      },
      async relation(source, type, target) {
        const row = rows.get(atlas.keyOf(source, type, target));
        return row ? full(row) : null;
      },
      async around(id, types) {
        const near = new Set([id]);
        for (const row of touching.get(id) || []) {
          if (types.has(row.type) && near.size <= MOST_NEIGHBOURS) near.add(row.source).add(row.target);
        }
        const found = [...near].map((n) => concepts.get(n)).filter(Boolean);
        return { concepts: found, relations: [...new Set(found.flatMap((c) => touching.get(c.id)))] };
      },
    };
  }

  // -- served: ask the service -------------------------------------------------------------------------------------

  const SUMMARY = "id name aliases kind";
  const ROW = `type origin confidence source { ${SUMMARY} } target { ${SUMMARY} }`;
  const FULL = `${ROW} evidence { source { path } line text rule }
    because { type source { ${SUMMARY} } target { ${SUMMARY} } }`;
  const QUERIES = {
    search: `query ($query: String!, $first: Int!) {
      search(query: $query, first: $first) { matched concept { ${SUMMARY} } } }`,
    concept: `query ($id: ID!) { concept(id: $id) { ${SUMMARY} definition document line
      passages { source { path } line text } } }`,
    relations: `query ($id: ID!, $after: String) { concept(id: $id) {
      relations(first: 50, after: $after) { edges { node { ${FULL} } } pageInfo { hasNextPage endCursor } } } }`,
    relation: `query ($source: ID!, $target: ID!, $types: [RelationType!]) {
      shortestPath(source: $source, target: $target, types: $types) { ${FULL} } }`,
    around: `query ($ids: [ID!]!, $types: [RelationType!], $first: Int!) {
      neighborhood(ids: $ids, radius: 1, types: $types, first: $first) { concepts { ${SUMMARY} }
        relations { type origin confidence source { id } target { id } } truncated } }`,
  };

  function served(endpoint) {
    async function ask(query, variables) {
      const response = await fetch(endpoint, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
        body: JSON.stringify({ query, variables }),
      });
      const answer = await response.json();
      if (answer.errors && answer.errors.length) throw new Error(answer.errors[0].message);
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return answer.data;
    }
    const summary = (c) => ({ ...c, kind: c.kind.toLowerCase() });
    const place = (e) => ({ path: e.source.path, line: e.line, text: e.text, rule: e.rule });
    const full = (r) => ({
      type: r.type,
      origin: r.origin.toLowerCase(),
      confidence: r.confidence,
      source: summary(r.source),
      target: summary(r.target),
      evidence: r.evidence.map(place),
      because: r.because.map((b) => ({ type: b.type, source: summary(b.source), target: summary(b.target) })),
    });
    const bare = (r) => ({
      type: r.type, origin: r.origin.toLowerCase(), confidence: r.confidence, source: r.source.id, target: r.target.id,
    });

    /** A page's worth of relations after another, at most ten pages: more than that nobody reads in a panel. */
    async function relationsOf(id) {
      const relations = [];
      let after = null;
      for (let page = 0; page < 10; page += 1) {
        const { concept } = await ask(QUERIES.relations, { id, after });
        relations.push(...concept.relations.edges.map((edge) => full(edge.node)));
        if (!concept.relations.pageInfo.hasNextPage) return { relations, more: false };
        after = concept.relations.pageInfo.endCursor;
      }
      return { relations, more: true };
    }

    /** What ties concepts to anything: their neighbourhoods, in halves where one answer would not hold them. */
    async function touching(ids) {
      const { relations, truncated } = (await ask(QUERIES.around, { ids, types: null, first: MOST_IN_ANSWER })).neighborhood;
      if (!truncated) return relations.map(bare);
      if (ids.length === 1) {
        const own = (await relationsOf(ids[0])).relations;
        return own.map((r) => ({ ...r, source: r.source.id, target: r.target.id }));
      }
      const middle = Math.ceil(ids.length / 2);
      return [...await touching(ids.slice(0, middle)), ...await touching(ids.slice(middle))];
    }

    return {
      async search(query) {
        const { search } = await ask(QUERIES.search, { query, first: MOST_HITS });
        return search.map((hit) => ({ matched: hit.matched, concept: summary(hit.concept) }));
      },
      async concept(id) {
        const { concept } = await ask(QUERIES.concept, { id });
        if (!concept) return null;
        const where = concept.document ? { path: concept.document, line: concept.line } : null;
        const passages = concept.passages.map(place);
        return { ...summary(concept), place: where, passages, ...(await relationsOf(id)) };
      },
      async relation(source, type, target) {
        const { shortestPath } = await ask(QUERIES.relation, { source, target, types: [type] });
        return shortestPath && shortestPath.length === 1 ? full(shortestPath[0]) : null;
      },
      async around(id, types) {
        const first = MOST_NEIGHBOURS + 1;
        const near = (await ask(QUERIES.around, { ids: [id], types: [...types], first })).neighborhood;
        const concepts = near.concepts.map(summary);
        return { concepts, relations: await touching(concepts.map((c) => c.id)) };
      },
    };
  }

  /** The source of this page: the document embedded in it, else the service at `endpoint`. */
  atlas.openData = (doc, endpoint) => (doc ? embedded(doc) : served(endpoint));
})(window.NoteAtlas);
