import type { PagesOf } from "./page.ts";

export const documentPages: PagesOf<"document"> = {
  "document/duplicate-key": {
    title: "a key is given twice in the same mapping",
    why: "YAML readers disagree on which of the two counts: many take the last one without a word. So neither is taken here.",
    mend: "Keep one of them. Where both are lists, put their entries under one key.",
    example: { fixture: "duplicate-key", replace: ["\nname: other", ""] },
  },
  "document/empty": {
    title: "a file has nothing in it",
    why: "There is no key in it, or comments alone. A configuration needs at least a `name`, and a model or a command.",
    mend: "Write the file, or name another one with `-f`. Three lines make one: `name: my-model`, `models: [model.pkl]` and `inference: score.py`.",
    example: {
      fixture: "empty",
      replace: ["", "name: my-model\nmodels: [model.pkl]\ninference: score.py\n"],
    },
  },
  "document/inexact-number": {
    title: "a number cannot be held as it is written",
    why: "Numbers become what JSON and JavaScript can hold: at most 15 to 17 digits, and neither infinity nor `.nan`. The file would say one number, and the service would be sent another.",
    mend: 'Put it into quotes if a text is meant, as in `"12345678901234567890"`. A body that needs the number itself can lie in a file that `body_file` names: that is sent as it is.',
  },
  "document/misplaced-tag": {
    title: "a tag that says how files are merged stands in the wrong place",
    why: "`!reset` takes away what the file before has under a key, `!override` puts a value in its place instead of merging it. Both are about a key; an item of a list has none.",
    mend: "Write it between the key and its value: `models: !override [other.pkl]`.",
    example: { fixture: "merge-tag-on-an-item", replace: ["- !reset a.pkl", "- a.pkl"] },
  },
  "document/recursive-alias": {
    title: "a YAML alias is inside the value that it refers to",
    why: "Such a value would contain itself and never end.",
    mend: "Write the value out where the alias stands.",
    example: { fixture: "recursive-alias", replace: ["&all [*all]", "[model.pkl]"] },
  },
  "document/several-documents": {
    title: "a file holds more than one YAML document",
    why: "A line with `---` begins another document, and only one of them could be the configuration. None is chosen silently.",
    mend: "Keep one document in the file. Further packages are files of their own: `mlpackage -f other.yaml plan`.",
    example: { fixture: "several-documents", replace: ["\n---\nname: other", ""] },
  },
  "document/syntax": {
    title: "the text is not well-formed",
    why: "The reader could not tell what is meant: often a bracket or a quote is not closed, a tab indents a line, or a text that holds a colon needs quotes. The place is where reading stopped; what is wrong may stand before it.",
    mend: "Look at the place and at the line before it. YAML indents with spaces; a value with `: `, `#`, `*` or `&` in it needs quotes.",
    example: { fixture: "unclosed-quote", replace: ['"demo', "demo"] },
  },
  "document/too-large": {
    title: "a file is larger than configurations are",
    why: "It is read into memory whole and looked through several times. What is that long is mostly data that came into the file.",
    mend: "Put long request bodies into files of their own, and name them with `body_file`.",
  },
  "document/too-many-aliases": {
    title: "YAML aliases stand for too many values",
    why: "A few lines of aliases can stand for billions of values and take all memory. Nobody writes that by hand, so it is refused.",
    mend: "Write the values out, or put them into files of their own.",
  },
};
