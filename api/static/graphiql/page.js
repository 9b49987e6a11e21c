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
    query: `# What can be learnt next, when this is known, and what does that open?
query Next($known: [ID!]! = ["attention", "self-attention"]) {
  frontier(known: $known, first: 10) {
    concept { name kind }
    unlocks { name }
  }
}
`,
  },
  {
    query: `# How do two concepts hang together? The fewest relations between them, whichever way the arrows point.
query Between($source: ID! = "GQA", $target: ID! = "attention") {
  shortestPath(source: $source, target: $target, directed: false) {
    source { name }
    label
    target { name }
    evidence { text line source { path } }
  }
}
`,
  },
  {
    query: `# What do concepts have in common, and what has each of them alone?
query Compare($ids: [ID!]! = ["MHA", "MQA", "GQA"]) {
  compare(ids: $ids) {
    between { source { name } label target { name } evidence { text } }
    shared { concept { name } type direction sharedBy { name } }
    only { concept { name } relations { label(language: ZH) target { name } } }
  }
}
`,
  },
  {
    query: `# Which sentences of the notes speak of something, and of which concepts besides?
query Passages($query: String! = "GQA MQA") {
  searchPassages(query: $query, first: 5) {
    score
    passage { text line section source { path title } }
    concepts { name }
  }
}
`,
  },
  {
    query: `# What comes right before a concept, what before that, and what does it open up?
query Prerequisites($name: ID! = "GQA") {
  concept(id: $name) {
    name
    prerequisites { name definition prerequisites { name } }
    unlocks { name }
  }
}
`,
  },
  {
    query: `# What is a concept a variant or a generalization of, and how sure is that?
query Variants($name: ID! = "GQA") {
  concept(id: $name) {
    relations(types: [IS_A, EXTENDS, GENERALIZES], direction: OUT, first: 20) {
      totalCount
      edges { node { label target { name } origin confidence because { label } } }
    }
  }
}
`,
  },
  {
    query: `# All optimizers. Kinds and types have a description each: see the documentation beside this.
query OfAKind($kind: ConceptKind! = OPTIMIZER, $first: Int = 20, $after: String) {
  concepts(kind: $kind, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { name aliases document line } }
  }
}
`,
  },
  {
    query: `# What is there? The subjects of the notes and how much is in each. Give an id as $parent to look into one.
query Overview($parent: ID) {
  stats { concepts relations passages sources relationsByType { type count } }
  topics(parent: $parent) { id name conceptCount children { name conceptCount } }
  relationTypes { type labelEn labelZh learntFirst }
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
