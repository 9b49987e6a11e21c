// The words of the page, in two languages, and the one way to say them: NoteAtlas.say(key, values).
// Words of the graph itself (relation types, kinds) come with the data, from the tables in viz/style.py.
"use strict";
window.NoteAtlas = {};
(function (atlas) {
  const WORDS = {
    en: {
      skip: "Skip to the list of concepts",
      search: "Search concepts",
      searchHint: "Search concepts…  ( / )",
      nothing: "Nothing is called that.",
      results: (v) => `${v.n} ${v.n === 1 ? "concept" : "concepts"} found`,
      whole: "Map",
      order: "Learning order",
      otherLanguage: "中文",
      legend: "Relations",
      kinds: "Concepts",
      lines: "Lines",
      stated: "stated in the notes",
      structural: "by headings or lists",
      inferred: "inferred",
      curated: "said by a person",
      inferredRow: "(inferred)",
      list: "On this map",
      noTopic: "In no topic",
      joined: "Added",
      map: (v) => `Map of ${v.n} concepts. The list “On this map” holds the same concepts.`,
      shown: (v) => `${v.n} of ${v.of} concepts, ${v.r} of ${v.rof} relations`,
      hidden: (v) => `${v.n} more are not drawn: search for one and it joins the map.`,
      zoomIn: "Zoom in",
      zoomOut: "Zoom out",
      fit: "Show all",
      welcome: "What do you want to look up?",
      welcomeText: "Choose a concept on the map or in the list, or press / and type its name, in any of its languages. "
        + "Every relation shows the sentence that says so.",
      start: "Most connected",
      close: "Close",
      details: "Details",
      sideLabel: "Legend and list",
      introduced: "first named in",
      passages: "In the notes",
      morePassages: (v) => `Show ${v.n} more`,
      first: "Learn first",
      unlocks: "Opens up",
      inTopic: "Topic",
      holds: "In this topic",
      because: "because",
      noEvidence: "No sentence says so directly.",
      noRelations: "The notes relate it to nothing yet.",
      moreRelations: "Some relations are not listed here; ask the API for the rest.",
      confidence: (v) => `confidence ${v.n}`,
      rule: (v) => `rule ${v.rule}`,
      evidence: "Evidence",
      expand: (v) => `Add ${v.n} more neighbours to the map`,
      expandOne: "Add 1 more neighbour to the map",
      before: "Map of what comes first",
      added: (v) => `${v.n} ${v.n === 1 ? "concept" : "concepts"} added to the map`,
      selected: (v) => `${v.name}, ${v.n} ${v.n === 1 ? "relation" : "relations"}`,
      full: (v) => `The map is full: it draws at most ${v.n} concepts. For everything at once use: noteatlas export`,
      failed: (v) => `That could not be read: ${v.why}`,
      unknown: "This concept is not in the notes any more.",
      off: "hidden",
      on: "shown",
    },
    zh: {
      skip: "跳到概念列表",
      search: "搜索概念",
      searchHint: "搜索概念…（ / ）",
      nothing: "没有叫这个名字的概念。",
      results: (v) => `找到 ${v.n} 个概念`,
      whole: "地图",
      order: "学习顺序",
      otherLanguage: "English",
      legend: "关系",
      kinds: "概念",
      lines: "线型",
      stated: "笔记原文所述",
      structural: "来自标题或列表",
      inferred: "推断得出",
      curated: "人工确认",
      inferredRow: "（推断）",
      list: "本图概念",
      noTopic: "不属于任何主题",
      joined: "后来加入",
      map: (v) => `含 ${v.n} 个概念的地图；“本图概念”列表内容相同。`,
      shown: (v) => `显示 ${v.n} / ${v.of} 个概念，${v.r} / ${v.rof} 条关系`,
      hidden: (v) => `另有 ${v.n} 个未画出：搜索即可加入地图。`,
      zoomIn: "放大",
      zoomOut: "缩小",
      fit: "显示全图",
      welcome: "想查什么？",
      welcomeText: "在地图或列表中选一个概念，或按 / 输入它的任意名称（中英文均可）。每条关系都附有笔记里的原句。",
      start: "联系最多的概念",
      close: "关闭",
      details: "详情",
      sideLabel: "图例与列表",
      introduced: "首见于",
      passages: "笔记原文",
      morePassages: (v) => `再显示 ${v.n} 条`,
      first: "先学",
      unlocks: "学完可学",
      inTopic: "主题",
      holds: "本主题下",
      because: "依据",
      noEvidence: "没有句子直接这样说。",
      noRelations: "笔记里还没有它的关系。",
      moreRelations: "这里没有列出全部关系，其余请查询 API。",
      confidence: (v) => `置信度 ${v.n}`,
      rule: (v) => `规则 ${v.rule}`,
      evidence: "依据原句",
      expand: (v) => `把另外 ${v.n} 个相邻概念加入地图`,
      expandOne: "把另外 1 个相邻概念加入地图",
      before: "查看先修地图",
      added: (v) => `已加入 ${v.n} 个概念`,
      selected: (v) => `${v.name}，${v.n} 条关系`,
      full: (v) => `地图已满：最多画 ${v.n} 个概念。要一次得到全部，请用：noteatlas export`,
      failed: (v) => `读取失败：${v.why}`,
      unknown: "笔记里已经没有这个概念。",
      off: "已隐藏",
      on: "已显示",
    },
  };

  const asked = new URLSearchParams(location.search).get("lang");
  const given = document.documentElement.dataset.lang;
  const wished = [asked, given === "auto" ? "" : given, ...navigator.languages].filter(Boolean);
  const known = wished.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag in WORDS);
  atlas.lang = known || "en";

  atlas.words = WORDS;

  /** The word or sentence for `key` in the page's language. */
  atlas.say = function (key, values) {
    const word = WORDS[atlas.lang][key];
    return typeof word === "function" ? word(values) : word;
  };
  /** The right text of a pair {en, zh} that came with the data. */
  atlas.pick = (pair) => pair[atlas.lang];
  atlas.number = (n) => n.toLocaleString(atlas.lang === "zh" ? "zh-CN" : "en-US");
})(window.NoteAtlas);
