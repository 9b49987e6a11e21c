// The words of the page, in two languages, and the one way to say them: NoteAtlas.say(key, values). Those of a part
// come with it and are added before it starts.
// Words of the graph itself (relation types, kinds) come with the data, from the tables in viz/style.py.
"use strict";
window.NoteAtlas = { parts: [] };
(function (atlas) {
  const WORDS = {
    en: {
      skip: "Skip to the list of concepts",
      otherLanguage: "中文",
      theme: (v) => `Theme: ${v.now}`,
      "theme-system": "as the system has it",
      "theme-light": "light",
      "theme-dark": "dark",
      copy: "Copy",
      commandCopied: "Copied",
      copyByHand: "Selected: copy it with the keyboard",
      stated: "stated in the notes",
      structural: "by headings or lists",
      inferred: "inferred",
      curated: "said by a person",
      map: (v) => `Map of ${v.n} concepts. The list “On this map” holds the same concepts.`,
      shownConcepts: (v) => `${v.n} of ${v.of} concepts`,
      shownRelations: (v) => `, ${v.r} of ${v.rof} relations`,
      hidden: (v) => `${v.n} more: search for one and it joins the map.`,
      zoomIn: "Zoom in",
      zoomOut: "Zoom out",
      fit: "Show all",
      welcome: "What do you want to look up?",
      welcomeText: (v) => `Choose a concept on the map or in the list, or ${v.keys ? "press / and type its name" : "type its name above"}, `
        + "in any of its languages. Every relation shows the sentence that says so.",
      start: "Most connected",
      close: "Close",
      details: "Details",
      introduced: "first named in",
      passages: "In the notes",
      morePassages: (v) => `Show ${v.n} more`,
      first: "Learn first",
      unlocks: "Opens up",
      inTopic: "Topic",
      holds: "In this topic",
      because: "because",
      noEvidence: "No sentence says so directly.",
      fieldShort: "general knowledge of the field; no sentence says so",
      fieldOrder: (v) => `This is the order in which the field is usually taught. No sentence of these notes says so. They introduce ${v.name} in`,
      fieldOrderToo: (v) => `It is also the order in which the field is usually taught. The notes introduce ${v.name} in`,
      fieldKnows: (v) => `General knowledge of the field. No sentence of these notes says so. They introduce ${v.name} in`,
      noRelations: "The notes relate it to nothing yet.",
      moreRelations: "Some relations are not listed here; ask the API for the rest.",
      confidence: (v) => `confidence ${v.n}`,
      rule: (v) => `rule ${v.rule}`,
      moreNames: (v) => `${v.n} more ${v.n === 1 ? "name" : "names"}`,
      inFiles: (v) => `${v.n} ${v.n === "1" ? "passage" : "passages"} in ${v.files} ${v.files === 1 ? "file" : "files"}`,
      inferredFrom: (v) => `inferred from ${v.n} ${v.n === 1 ? "relation" : "relations"}`,
      whyOf: (v) => `Why ${v.name}?`,
      evidence: "Evidence",
      expand: (v) => `Add ${v.n} more neighbours to the map`,
      expandOne: "Add 1 more neighbour to the map",
      before: "Map of what comes first",
      added: (v) => `${v.n} ${v.n === 1 ? "concept" : "concepts"} added to the map`,
      selected: (v) => `${v.name}, ${v.n} ${v.n === 1 ? "relation" : "relations"}`,
      full: (v) => `The map is full: it draws at most ${v.n} concepts. For everything at once use: noteatlas export`,
      failed: (v) => `That could not be read: ${v.why}`,
      gone: "the server does not answer. Is noteatlas serve running?",
      again: "Try again",
      reading: "Reading the notes…",
      unknown: "This concept is not in the notes.",
      noSuch: (v) => `No concept is called “${v.name}”. Search for it above, under any of its names.`,
      noSuchBut: (v) => `No concept is called “${v.name}”; did you mean`,
      "error-STORE_UNAVAILABLE": "the store cannot be reached now. Check that its server runs.",
      "error-STORE_BUSY": "the store is busy with another writer.",
      "error-UNAUTHENTICATED": "you are not signed in any more. Load the page again to sign in.",
      "error-FORBIDDEN": "that is not allowed from here, or with your token.",
      "error-RATE_LIMITED": "that was too often. Wait a moment.",
      "error-OVERLOADED": "the service has its hands full. Wait a moment.",
      "error-TIMEOUT": "that took too long and was ended.",
      "error-STORE": (v) => `the store could not answer; the service’s log says why${v.number}`,
      "error-INTERNAL_ERROR": (v) => `something went wrong in the service; its log says more${v.number}`,
      "error-other": (v) => v.message,
      errorNumber: (v) => ` (number ${v.id})`,
      noRelation: "The notes do not relate these two so.",
      pickFirst: "Compare which concept?",
      pickOther: (v) => `Compare ${v.name} with…`,
      pickSame: (v) => `That is ${v.name} itself. Choose another concept to compare it with.`,
    },
    zh: {
      skip: "跳到概念列表",
      otherLanguage: "English",
      theme: (v) => `主题：${v.now}`,
      "theme-system": "跟随系统",
      "theme-light": "浅色",
      "theme-dark": "深色",
      copy: "复制",
      commandCopied: "已复制",
      copyByHand: "已选中，请用键盘复制",
      stated: "笔记原文所述",
      structural: "来自标题或列表",
      inferred: "推断得出",
      curated: "人工确认",
      map: (v) => `含 ${v.n} 个概念的地图；“本图概念”列表内容相同。`,
      shownConcepts: (v) => `显示 ${v.n} / ${v.of} 个概念`,
      shownRelations: (v) => `，${v.r} / ${v.rof} 条关系`,
      hidden: (v) => `另有 ${v.n} 个：搜索即可加入地图。`,
      zoomIn: "放大",
      zoomOut: "缩小",
      fit: "显示全图",
      welcome: "想查什么？",
      welcomeText: (v) => `在地图或列表中选一个概念，或${v.keys ? "按 / " : "在上方"}输入它的任意名称（中英文均可）。每条关系都附有笔记里的原句。`,
      start: "联系最多的概念",
      close: "关闭",
      details: "详情",
      introduced: "首见于",
      passages: "笔记原文",
      morePassages: (v) => `再显示 ${v.n} 条`,
      first: "先学",
      unlocks: "学完可学",
      inTopic: "主题",
      holds: "本主题下",
      because: "依据",
      noEvidence: "没有句子直接这样说。",
      fieldShort: "领域常识，笔记中没有句子这样说",
      fieldOrder: (v) => `这是本领域通常的教学顺序，笔记中没有句子这样说。${v.name} 首见于`,
      fieldOrderToo: (v) => `这也是本领域通常的教学顺序。${v.name} 首见于`,
      fieldKnows: (v) => `领域常识，笔记中没有句子这样说。${v.name} 首见于`,
      noRelations: "笔记里还没有它的关系。",
      moreRelations: "这里没有列出全部关系，其余请查询 API。",
      confidence: (v) => `置信度 ${v.n}`,
      rule: (v) => `规则 ${v.rule}`,
      moreNames: (v) => `另有 ${v.n} 个名称`,
      inFiles: (v) => `${v.files} 个文件中的 ${v.n} 处`,
      inferredFrom: (v) => `由 ${v.n} 条关系推断`,
      whyOf: (v) => `为什么是 ${v.name}？`,
      evidence: "依据原句",
      expand: (v) => `把另外 ${v.n} 个相邻概念加入地图`,
      expandOne: "把另外 1 个相邻概念加入地图",
      before: "查看先修地图",
      added: (v) => `已加入 ${v.n} 个概念`,
      selected: (v) => `${v.name}，${v.n} 条关系`,
      full: (v) => `地图已满：最多画 ${v.n} 个概念。要一次得到全部，请用：noteatlas export`,
      failed: (v) => `读取失败：${v.why}`,
      gone: "服务器没有响应。noteatlas serve 还在运行吗？",
      again: "重试",
      reading: "正在读取笔记…",
      unknown: "笔记里没有这个概念。",
      noSuch: (v) => `没有叫“${v.name}”的概念。请用上面的搜索框，任何一种名称都可以。`,
      noSuchBut: (v) => `没有叫“${v.name}”的概念，你要找的也许是`,
      "error-STORE_UNAVAILABLE": "现在连不上存储，请确认存储的服务器在运行。",
      "error-STORE_BUSY": "另一个程序正在写入存储。",
      "error-UNAUTHENTICATED": "登录已失效，请重新载入页面并登录。",
      "error-FORBIDDEN": "此处或你的令牌不允许这样做。",
      "error-RATE_LIMITED": "请求太频繁，请稍候。",
      "error-OVERLOADED": "服务正忙，请稍候。",
      "error-TIMEOUT": "耗时太长，已被中止。",
      "error-STORE": (v) => `存储未能应答，原因见服务日志${v.number}`,
      "error-INTERNAL_ERROR": (v) => `服务出错了，详情见服务日志${v.number}`,
      "error-other": (v) => `服务的回答是“${v.message}”`,
      errorNumber: (v) => `（编号 ${v.id}）`,
      noRelation: "笔记里没有这两者之间的这种关系。",
      pickFirst: "要对比哪个概念？",
      pickOther: (v) => `将 ${v.name} 与……对比`,
      pickSame: (v) => `这就是 ${v.name} 本身。请另选一个概念与它对比。`,
    },
  };

  const asked = new URLSearchParams(location.search).get("lang");
  const given = document.documentElement.dataset.lang;
  const wished = [asked, given === "auto" ? "" : given, ...navigator.languages].filter(Boolean);
  const known = wished.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => tag in WORDS);
  atlas.lang = known || "en";

  document.documentElement.lang = atlas.lang === "zh" ? "zh-Hans" : "en";
  document.documentElement.dataset.said = atlas.lang; // the style sheet hides what is said in the other language

  /** Take away what the server wrote in the other language, [data-in]. */
  atlas.keepLanguage = function () {
    for (const element of document.querySelectorAll("[data-in]")) if (element.dataset.in !== atlas.lang) element.remove();
  };

  atlas.words = WORDS;

  /** Add the words of a part, {en: {...}, zh: {...}}. A word that is there already is a mistake, unless it is the same. */
  atlas.addWords = function (words) {
    for (const lang of Object.keys(words || {})) {
      for (const [key, word] of Object.entries(words[lang])) {
        if (key in WORDS[lang] && WORDS[lang][key] !== word) throw new Error(`two parts say ${key}`);
        WORDS[lang][key] = word;
      }
    }
  };

  /** The word or sentence for `key` in the page's language. */
  atlas.say = function (key, values) {
    const word = WORDS[atlas.lang][key];
    return typeof word === "function" ? word(values) : word;
  };
  /** The right text of a pair {en, zh} that came with the data. */
  atlas.pick = (pair) => pair[atlas.lang];
  /** What went wrong, in the reader's language: known by its code; anything else in the service's own words. */
  atlas.reason = function (error) {
    if (error.unreachable) return atlas.say("gone");
    if (error.code === "UNKNOWN_CONCEPT" && error.unknown !== null) return atlas.say("noSuch", { name: error.unknown.slice(0, 200) });
    const code = error.code || "";
    const key = [`error-${code}`, code.startsWith("STORE") ? "error-STORE" : "error-other"].find((name) => name in WORDS.en);
    return atlas.say(key, { message: error.message, number: error.number ? atlas.say("errorNumber", { id: error.number }) : "" });
  };
  /** Whether the reader is likely to have keys: wording that names some is of no use on a phone. */
  atlas.hasKeys = () => !matchMedia("(max-width: 62rem), (hover: none)").matches;
  atlas.number = (n) => n.toLocaleString(atlas.lang === "zh" ? "zh-CN" : "en-US");
})(window.NoteAtlas);
