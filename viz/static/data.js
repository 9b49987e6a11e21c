// Where the page gets what is not drawn yet: from the page itself (a saved file) or from the GraphQL service that
// served it. Both sources have the same questions and the same answers:
//   search(query)            -> [{concept, matched, named}], typing errors forgiven; named: the query has its name
//   searchPassages(query)    -> [{path, line, text, found: [words], concept: {id, name} or null}]
//   concept(id)              -> {id, name, aliases, kind, definition, place, passages, relations, more} or null
//   relation(key)            -> a relation with its evidence, or null
//   around(id, types)        -> {concepts, relations}: its neighbours by these types, and what relates to them
//   topics(parent)           -> [{id, name, count, children}]: the topics in it, at the top for null; how many concepts
//                               are directly in each, and how many of them are topics
//   members(topic, after)    -> {concepts, after}: a page of what is directly in it, topics left out; null at the end
//   above(id)                -> [id]: the topics that lead to it, outermost first; none if it is in none
// The service answers some more:
//   last(ids)                -> the id of those that is learnt last
//   deck(targets, known, sure) -> {deck, cards, steps}: a file for Anki (null if it would have no cards), how many cards
//                               are in it and how many steps the path has
//   frontier(known, first)   -> [{concept, unlocks}]: what can be learnt next; an id that it does not know is `unknown`
//                               of the error
//   touching(ids)            -> {relations: [{source, type, target, origin, confidence}], whole}: the relations of these
//                               concepts, and the ids of those that have no more than that
//   decide(decision)         -> {decision, changes}: makes a decision, a DecisionInput; `changes` counts concepts and
//                               relations {conceptsAdded, conceptsRemoved, relationsAdded, relationsRemoved}
//   undo(id)                 -> {decision, changes}: takes one back
//   decisions()              -> [decision]: the latest, {id, what, source, type, target, name, to, into, out, turn, time,
//                               author, reason, stale}
// A relation is {source, target: {id, name, aliases, kind}, type, origin, confidence, evidence: [{path, line, text,
// rule}], because: [{source, type, target, evidence}]}; one from `around` has no evidence and ids for its ends' details.
"use strict";
(function (atlas) {
  const MOST_HITS = 8;
  const MOST_PASSAGES = 5;
  const MOST_NEIGHBOURS = 40;
  const MOST_IN_PAGE = 100;
  const MOST_IN_ANSWER = 300; // the service's own limit for a neighbourhood

  atlas.MOST_DECISIONS = 100; // as many as the service lists at once

  /** That nobody answered, as an error: `atlas.reason` puts it into words. */
  atlas.unreachable = (cause) => Object.assign(new Error("unreachable", { cause }), { unreachable: true });

  /** What identifies a relation. */
  atlas.keyOf = (source, type, target) => JSON.stringify([source, type, target]);

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
    const inTopic = doc.relations.filter((r) => r.type === "IN_TOPIC");
    const isTopic = new Set([...inTopic.map((r) => r.target), ...doc.concepts.filter((c) => c.kind === "topic").map((c) => c.id)]);
    const holds = new Map([...isTopic].map((id) => [id, inTopic.filter((r) => r.target === id).map((r) => concepts.get(r.source))]));
    const topicsOf = new Map(inTopic.map((r) => [r.source, r.target])); // one of them is enough to be found by
    const byPlace = (a, b) => ((a.document || "\uffff") < (b.document || "\uffff") ? -1 : (a.document || "\uffff") > (b.document || "\uffff") ? 1
      : (a.line || 0) - (b.line || 0) || (a.name < b.name ? -1 : 1));
    const byName = (a, b) => a.name.localeCompare(b.name, "en", { sensitivity: "base" });
    const finder = atlas.openFinder(doc);

    function full(row) {
      const because = row.because.map(([s, type, t]) => ({
        source: concepts.get(s), type, target: concepts.get(t), evidence: (rows.get(atlas.keyOf(s, type, t)) || { evidence: [] }).evidence,
      }));
      return {
        ...row,
        source: concepts.get(row.source),
        target: concepts.get(row.target),
        because: because.filter((b) => b.source && b.target),
      };
    }

    return {
      async search(text) {
        return finder.search(text, MOST_HITS);
      },
      async searchPassages(text) {
        if (text.trim().length < 2) return [];
        return finder.passages(text, MOST_PASSAGES).map(({ passage, found }) => (
          { ...passage, found, concept: passage.concepts.map((id) => concepts.get(id)).find(Boolean) || null }));
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
      async topics(parent) {
        const found = parent === null ? doc.concepts.filter((c) => isTopic.has(c.id) && !topicsOf.has(c.id))
          : (holds.get(parent) || []).filter((c) => isTopic.has(c.id));
        return [...found].sort(byPlace).map((c) => ({
          id: c.id, name: c.name, count: holds.get(c.id).length, children: holds.get(c.id).filter((m) => isTopic.has(m.id)).length,
        }));
      },
      async members(topic) {
        return { concepts: (holds.get(topic) || []).filter((c) => !isTopic.has(c.id)).sort(byName), after: null };
      },
      async above(id) {
        const path = [];
        for (let at = topicsOf.get(id); at !== undefined && !path.includes(at); at = topicsOf.get(at)) path.unshift(at);
        return path;
      },
    };
  }

  // -- served: ask the service -------------------------------------------------------------------------------------

  const SUMMARY = "id name aliases kind";
  const ROW = `type origin confidence source { ${SUMMARY} } target { ${SUMMARY} }`;
  const FULL = `${ROW} evidence { source { path } line text rule }
    because { type source { ${SUMMARY} } target { ${SUMMARY} } evidence { source { path } line text rule } }`;
  const DECISION = "id what source type target name to into out turn time author reason";
  const CHANGES = "conceptsAdded conceptsRemoved relationsAdded relationsRemoved";
  const QUERIES = {
    search: `query ($query: String!, $first: Int!) {
      search(query: $query, first: $first) { matched named concept { ${SUMMARY} } } }`,
    passages: `query ($query: String!, $first: Int!) {
      searchPassages(query: $query, first: $first) { found passage { source { path } line text } concepts { id name } } }`,
    concept: `query ($id: ID!) { concept(id: $id) { ${SUMMARY} definition document line
      passages { source { path } line text } } }`,
    relations: `query ($id: ID!, $after: String) { concept(id: $id) {
      relations(first: 50, after: $after) { edges { node { ${FULL} } } pageInfo { hasNextPage endCursor } } } }`,
    relation: `query ($source: ID!, $target: ID!, $types: [RelationType!]) {
      shortestPath(source: $source, target: $target, types: $types) { ${FULL} } }`,
    around: `query ($ids: [ID!]!, $types: [RelationType!], $first: Int!) {
      neighborhood(ids: $ids, radius: 1, types: $types, first: $first) { concepts { ${SUMMARY} }
        relations { type origin confidence source { id } target { id } } truncated } }`,
    topics: `query ($parent: ID) { topics(parent: $parent) { id name conceptCount childCount } }`,
    members: `query ($topic: ID!, $first: Int!, $after: String) { concepts(topic: $topic, first: $first, after: $after) {
      edges { node { ${SUMMARY} } } pageInfo { hasNextPage endCursor } } }`,
    last: `query ($ids: [ID!]!) { studyPath(targets: $ids) { steps { concept { id } } } }`,
    frontier: `query ($known: [ID!]!, $first: Int!) {
      frontier(known: $known, first: $first) { concept { id name } unlocks { id name } } }`,
    decide: `mutation ($decision: DecisionInput!) { decide(decision: $decision) { decision { ${DECISION} } changes { ${CHANGES} } } }`,
    undo: `mutation ($id: ID!) { undo(id: $id) { decision { ${DECISION} } changes { ${CHANGES} } } }`,
    decisions: `query ($first: Int!) { decisions(first: $first) { ${DECISION} stale } }`,
    above: `query ($id: ID!) { concept(id: $id) { topics { id concept { topics { id concept { topics { id
      concept { topics { id } } } } } } } } }`,
  };

  function served(endpoint) {
    async function ask(query, variables) {
      let response;
      let answer;
      try {
        response = await fetch(endpoint, {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/graphql-response+json, application/json" },
          body: JSON.stringify({ query, variables }),
        });
        answer = await response.json();
      } catch (error) { // nobody there, cut off half-way, or not our service: no words of the browser's for a reader
        throw atlas.unreachable(error);
      }
      if (answer.errors && answer.errors.length) {
        const [{ message, extensions }] = answer.errors;
        throw Object.assign(new Error(message), { code: extensions?.code || null, number: extensions?.requestId || null, unknown: extensions?.name || null });
      }
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
      because: r.because.map((b) => ({
        type: b.type, source: summary(b.source), target: summary(b.target), evidence: b.evidence.map(place),
      })),
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

    /** What ties concepts to anything: their neighbourhoods, in halves where one answer would not hold them. `whole` are
        those of which that is all; of one with very many relations only some are read. */
    async function touching(ids) {
      const { relations, truncated } = (await ask(QUERIES.around, { ids, types: null, first: MOST_IN_ANSWER })).neighborhood;
      if (!truncated) return { relations: relations.map(bare), whole: ids };
      if (ids.length === 1) {
        const own = await relationsOf(ids[0]);
        const ends = own.relations.map((r) => ({ ...r, source: r.source.id, target: r.target.id }));
        return { relations: ends, whole: own.more ? [] : ids };
      }
      const middle = Math.ceil(ids.length / 2);
      const halves = [await touching(ids.slice(0, middle)), await touching(ids.slice(middle))];
      return { relations: halves.flatMap((half) => half.relations), whole: halves.flatMap((half) => half.whole) };
    }

    return {
      async search(query) {
        const { search } = await ask(QUERIES.search, { query, first: MOST_HITS });
        return search.map((hit) => ({ ...hit, concept: summary(hit.concept) }));
      },
      async searchPassages(query) {
        if (query.length < 2) return [];
        const { searchPassages } = await ask(QUERIES.passages, { query, first: MOST_PASSAGES });
        return searchPassages.map((hit) => ({ ...place(hit.passage), found: hit.found, concept: hit.concepts[0] || null }));
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
        return { concepts, relations: (await touching(concepts.map((c) => c.id))).relations };
      },
      touching,
      decide: async (decision) => (await ask(QUERIES.decide, { decision })).decide,
      undo: async (id) => (await ask(QUERIES.undo, { id })).undo,
      decisions: async () => (await ask(QUERIES.decisions, { first: atlas.MOST_DECISIONS })).decisions,
      async topics(parent) {
        const { topics } = await ask(QUERIES.topics, { parent });
        return topics.map((t) => ({ id: t.id, name: t.name, count: t.conceptCount, children: t.childCount }));
      },
      async members(topic, after) {
        const [{ concepts }, below] = [await ask(QUERIES.members, { topic, first: MOST_IN_PAGE, after }), await this.topics(topic)];
        const topics = new Set(below.map((t) => t.id));
        const found = concepts.edges.map((edge) => summary(edge.node)).filter((c) => !topics.has(c.id));
        return { concepts: found, after: concepts.pageInfo.hasNextPage ? concepts.pageInfo.endCursor : null };
      },
      async above(id) {
        const path = [];
        let { concept } = await ask(QUERIES.above, { id });
        while (concept && concept.topics && concept.topics.length && !path.includes(concept.topics[0].id)) {
          path.unshift(concept.topics[0].id);
          concept = concept.topics[0].concept;
        }
        return path;
      },
      async last(ids) {
        const { steps } = (await ask(QUERIES.last, { ids })).studyPath;
        return steps.map((step) => step.concept.id).filter((id) => ids.includes(id)).pop();
      },
      async deck(targets, known, sure) {
        let response;
        try {
          response = await fetch("cards.apkg", {
            method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ targets, known, sure }),
          });
        } catch (error) {
          throw Object.assign(new Error("unreachable", { cause: error }), { unreachable: true });
        }
        if (!response.ok) throw new Error(await response.text());
        const [cards, steps] = ["x-cards", "x-steps"].map((name) => Number(response.headers.get(name)));
        return { cards, steps, deck: response.status === 204 ? null : await response.blob() };
      },
      async frontier(known, first) {
        return (await ask(QUERIES.frontier, { known, first })).frontier;
      },
    };
  }

  /** The source of this page: the document embedded in it, else the service at `endpoint`. */
  atlas.openData = (doc, endpoint) => (doc ? embedded(doc) : served(endpoint));
})(window.NoteAtlas);
