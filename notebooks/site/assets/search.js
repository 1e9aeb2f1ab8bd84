// The search: the index is a script that sets a variable, so that it works from file://, too.
"use strict";

(() => {
  const root = document.documentElement.dataset.root;
  const field = document.getElementById("site-search");
  const found = document.getElementById("site-found");
  const told = document.getElementById("site-told");
  const results = document.getElementById("site-results");
  const MOST = 12;
  const MOST_TIMES = 5;  // that it is spoken of again, counts
  const KINDS = {finding: 30, law: 28, guide: 20, homework: 12, api: 6, inside: 0};
  const STOP = new Set(("a an and are as at be but by can do does for from has have how if in into is it "
    + "its my not of on or so that the then there this to was what when which why with").split(" "));
  let chosen = -1;
  let index = null;

  function loaded(then) {
    if (index) { then(); return; }
    const script = document.createElement("script");
    script.src = `${root}search-index.js`;
    script.onload = () => {
      index = index || window.SITE_INDEX.map(([title, kind, url, text]) => (
        {title, kind, url, text, inTitle: title.toLowerCase(), inText: text.toLowerCase(),
          words: `${title} ${title.replace(/(\p{Ll})(?=\p{Lu})/gu, "$1 ")}`.toLowerCase()}));
      then();
    };
    document.head.append(script);
  }

  // Words that say little stand aside, unless a query has no others.
  function termsOf(query) {
    const words = query.toLowerCase().split(/[^\p{L}\p{N}_.-]+/u).filter(Boolean);
    const telling = words.filter((word) => word.length > 2 && !STOP.has(word));
    return telling.length ? telling : words;
  }

  // What a word begins with in its other forms: divide, divides, divided, dividing.
  function stemOf(term) {
    const stem = term.replace(/(?:ings?|ed|es|s|e)$/, "");
    return stem.length >= 4 ? stem : term;
  }

  const escaped = (term) => term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const beginning = (terms) => (
    `(?<![\\p{L}\\p{N}])((?:${terms.map((term) => escaped(stemOf(term))).join("|")})[\\p{L}\\p{N}]*)`);

  function scoreOfTerm({inTitle, words, inText}, term, pattern) {
    if (inTitle === term) return 100;
    if (inTitle.split(".").pop() === term) return 80;
    const at = words.search(pattern);
    if (at >= 0) return at ? 40 : 60;
    const times = (inText.match(pattern) || []).length;
    return times && 8 + Math.min(times, MOST_TIMES);
  }

  // Most words first; what is called so before what speaks of it; what is internal, last.
  function search(query, most) {
    const terms = [...new Set(termsOf(query))];
    const patterns = terms.map((term) => new RegExp(beginning([term]), "gu"));
    const scored = [];
    for (const entry of index) {
      const scores = terms.map((term, number) => scoreOfTerm(entry, term, patterns[number]));
      const matched = scores.filter(Boolean).length;
      if (matched) {
        const sum = scores.reduce((a, b) => a + b, 0) + KINDS[entry.kind];
        const isPublic = entry.kind === "inside" ? 0 : 1;
        scored.push([matched + isPublic, isPublic, sum - entry.title.length / 50, entry]);
      }
    }
    const order = (a, b) => b[0] - a[0] || b[1] - a[1] || b[2] - a[2];
    return scored.sort(order).slice(0, most).map((row) => row[3]);
  }

  function marked(text, terms) {
    const parts = document.createDocumentFragment();
    text.split(new RegExp(beginning(terms), "giu")).forEach((part, number) => {
      if (number % 2) {
        const mark = document.createElement("mark");
        mark.textContent = part;
        parts.append(mark);
      } else parts.append(part);
    });
    return parts;
  }

  function excerpt(entry, terms) {
    const first = entry.inText.search(new RegExp(beginning(terms), "u"));
    const before = first >= 0 ? entry.text.lastIndexOf(" ", first - 40) : 0;
    const start = Math.max(0, before);
    const text = entry.text.slice(start, start + 150);
    return (start ? "… " : "") + text + (start + 150 < entry.text.length ? " …" : "");
  }

  function hit(entry, number, terms) {
    const link = document.createElement("a");
    link.className = "hit";
    link.href = root + entry.url;
    link.id = `hit-${number}`;
    const title = document.createElement("b");
    title.append(marked(entry.title, terms));
    const kind = document.createElement("small");
    kind.textContent = entry.kind === "inside" ? "api" : entry.kind;
    const text = document.createElement("span");
    text.append(marked(excerpt(entry, terms), terms));
    link.append(title, kind, text);
    return link;
  }

  function show() {
    const terms = termsOf(field.value);
    const hits = search(field.value, MOST);
    chosen = -1;
    found.replaceChildren(...hits.map((entry, number) => {
      const link = hit(entry, number, terms);
      link.setAttribute("role", "option");
      link.tabIndex = -1;
      return link;
    }));
    if (terms.length && !hits.length) {
      const none = document.createElement("p");
      none.textContent = "Nothing is found.";
      found.append(none);
    }
    told.textContent = terms.length ? `${hits.length} results` : "";
    open(terms.length > 0);
  }

  function open(isOpen) {
    found.hidden = !isOpen;
    field.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) field.removeAttribute("aria-activedescendant");
  }

  function choose(step) {
    const links = found.querySelectorAll(".hit");
    if (!links.length) return;
    const from = chosen < 0 && step < 0 ? 0 : chosen;
    chosen = (from + step + links.length) % links.length;
    links.forEach((link, number) => link.setAttribute("aria-selected", number === chosen));
    links[chosen].scrollIntoView({block: "nearest"});
    field.setAttribute("aria-activedescendant", links[chosen].id);
  }

  const KEYS = {
    ArrowDown: () => choose(1),
    ArrowUp: () => choose(-1),
    Escape: () => open(false),
    Enter: () => { if (chosen >= 0) found.querySelectorAll(".hit")[chosen].click(); },
  };

  field.setAttribute("role", "combobox");
  field.setAttribute("aria-controls", "site-found");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  found.setAttribute("role", "listbox");
  found.setAttribute("aria-label", "Results");
  field.addEventListener("focus", () => loaded(() => { if (field.value) show(); }));
  field.addEventListener("input", () => loaded(show));
  field.addEventListener("keydown", (event) => {
    if (found.hidden || !(event.key in KEYS) || (event.key === "Enter" && chosen < 0)) return;
    event.preventDefault();
    KEYS[event.key]();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest(".search")) open(false);
  });
  field.form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !field.form.contains(event.relatedTarget)) open(false);
  });
  document.addEventListener("keydown", (event) => {
    const isWriting = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !isWriting && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      field.focus();
    }
  });

  const asked = results && new URLSearchParams(window.location.search).get("q");
  if (asked) {
    field.value = asked;
    loaded(() => {
      const hits = search(asked, 100);
      const head = document.createElement("p");
      head.textContent = hits.length ? `${hits.length} results for “${asked}”`
        : `Nothing is found for “${asked}”`;
      results.replaceChildren(head, ...hits.map((entry, number) => (
        hit(entry, `all-${number}`, termsOf(asked)))));
    });
  }
})();
