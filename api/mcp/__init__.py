"""The ways in for language models: an MCP server whose tools answer from a store, with sources.

`answers` says what a tool answers, `questions` asks the store for it, `texts` says it in readable lines, `server` is
the only module that speaks MCP. Three rules hold for every answer:

* **Sources.** Whatever is claimed comes with the file, the line and the sentence as written.
* **Bounds.** An answer is at most `bounds.MAX_CHARACTERS` long, however large the store; what was left out is counted,
  and the answer says how to ask for it.
* **Data, not instructions.** Notes may hold anything, also sentences that address a language model. In texts, whatever
  the notes say stands on lines that begin with `>`, and it cannot leave its line: it has no line breaks and none of
  the invisible characters that hide text from people but not from models (`bounds.plain`).
"""
