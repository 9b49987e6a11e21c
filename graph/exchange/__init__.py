"""Graphs in the formats of other programs, out and in; `graph.exchange.formats` has the table of them.

What node-link JSON is to networkx (`graph.interchange`), these are to others. A format that can hold everything gives
the same graph back, and the same bytes when it is written again; what another one loses is said in docs/exchange.md.
"""
