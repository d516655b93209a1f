/**
 * Which special tokens in a rendered conversation the template wrote, and which came in with the record.
 *
 * A message that contains "<|im_start|>" must not begin a turn. The text alone does not tell; two more renderings do:
 * - the template with its own special tokens replaced by marks. What comes out as a mark is the template's.
 * - for the special tokens that leaves over: the record with special tokens in it, and with the ends of its strings where such a token
 *   could be pieced together, replaced by marks. What touches a mark is the record's. The rest the template has put together itself
 *   (`'<|' + message.role + '|>'`).
 * Each must give the very same text once its marks are taken back, or the template looks at what was marked and nothing is proven.
 *
 * Turned down: wrapping contents in marks (templates trim and inspect them), and looking for the contents in the text (a template may change
 * them). transformers 5 (`sanitize_control_tokens`) marks whole tokens in the record alone; pieces that form one together pass there.
 */
import { PipelineError } from "../../core/index.ts";
import type { Span } from "../tokenizer.ts";
import { type MarkedPlace, Marks, stringsOf, unmark, usesPrivateArea } from "./marks.ts";
import { type Conversation, mapStrings } from "./messages.ts";
import type { ChatTemplate, GenerationMarks } from "./template.ts";

/** Finds the longest special token at each place, from left to right, as tokenizers do. */
export class SpecialFinder {
  readonly #pattern: RegExp | undefined;

  constructor(tokens: readonly string[]) {
    const all = [...new Set(tokens)].filter((token) => token !== "").sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    const escaped = all.map((token) => token.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&"));
    this.#pattern = all.length === 0 ? undefined : new RegExp(escaped.join("|"), "g");
  }

  find(text: string): Found[] {
    if (this.#pattern === undefined) return [];
    return Array.from(text.matchAll(this.#pattern), ({ 0: token, index }) => ({ token, start: index, end: index + token.length }));
  }

  replace(text: string, by: (token: string) => string): string {
    return this.#pattern === undefined ? text : text.replace(this.#pattern, by);
  }
}

export interface Found extends Span {
  readonly token: string;
}

type Rendering = (conversation: Conversation, prompt: boolean, marks?: GenerationMarks) => string;

/** A template whose special tokens and generated stretches come out as marks. */
interface Marked {
  readonly render: Rendering;
  readonly generation: GenerationMarks;
  /** What each mark stands for; those of `generation` stand for nothing. */
  readonly meaning: Map<string, string>;
}

/** A rendered conversation and what is known of its text. */
export interface Rendered {
  readonly text: string;
  /** What lies between the marks of `generation` tags, outermost only. */
  readonly generated: readonly Span[];
  /** Special tokens that came in with the record. */
  readonly typed: readonly Span[];
  /** The special tokens that the template wrote, each once. */
  readonly written: readonly string[];
}

export class MarkedRenderer {
  readonly #template: ChatTemplate;
  /** Undefined: special tokens are the same wherever they come from. */
  readonly #finder: SpecialFinder | undefined;
  #usual: Marked | undefined;

  constructor(template: ChatTemplate, special: readonly string[] | undefined) {
    this.#template = template;
    this.#finder = special === undefined ? undefined : new SpecialFinder(special);
  }

  /** Throws what the template throws, and a `PipelineError` of kind "unclear-origin" when the marks changed what the template does. */
  render(conversation: Conversation, prompt: boolean): Rendered {
    const text = this.#template.render(conversation, prompt);
    if (this.#finder === undefined && !this.#template.tagged) return { text, generated: [], typed: [], written: [] };
    const { render, generation, meaning } = this.#markedFor(conversation);
    const { text: back, places } = unmark(
      attempt(() => render(conversation, prompt, generation)),
      meaning,
    );
    if (back !== text) throw unclear("it writes another text when its own special tokens are marked");
    const generated = between(places, generation);
    if (this.#finder === undefined) return { text, generated, typed: [], written: [] };
    const own = new Set(places.map(({ start, end }) => `${start} ${end}`));
    const found = this.#finder.find(text);
    const others = found.filter(({ start, end }) => !own.has(`${start} ${end}`));
    const typed = others.length === 0 ? [] : this.#ofRecord(conversation, prompt, text, others);
    const written = new Set(found.filter((one) => !typed.includes(one)).map(({ token }) => token));
    return { text, generated, typed: typed.map(({ start, end }) => ({ start, end })), written: [...written] };
  }

  #markedFor(conversation: Conversation): Marked {
    // Hardly a record has such characters; one that does gets marks of its own.
    if (usesPrivateArea(conversation)) return this.#mark(conversation);
    this.#usual ??= this.#mark(undefined);
    return this.#usual;
  }

  #mark(conversation: Conversation | undefined): Marked {
    const marks = new Marks();
    marks.avoid([this.#template.source, ...this.#template.variableTexts, conversation]);
    const generation = { open: marks.take(), close: marks.take() };
    const meaning = new Map([generation.open, generation.close].map((mark) => [mark, ""]));
    const finder = this.#finder;
    if (finder === undefined) return { render: (...call) => this.#template.render(...call), generation, meaning };
    const marker = markerOf(marks, meaning);
    return { render: this.#template.rewritten((literal) => finder.replace(literal, marker)), generation, meaning };
  }

  /** Those of the special tokens in a text that the record brought in, whole or in pieces. */
  #ofRecord(conversation: Conversation, prompt: boolean, text: string, others: readonly Found[]): readonly Found[] {
    const finder = this.#finder as SpecialFinder;
    const tokens = [...new Set(others.map(({ token }) => token))];
    const suspicious = [...stringsOf(withoutRoles(conversation))].some((one) => finder.find(one).length > 0 || touches(one, tokens));
    if (!suspicious) return [];
    const marks = new Marks();
    marks.avoid([this.#template.source, ...this.#template.variableTexts, conversation]);
    const meaning = new Map<string, string>();
    const marker = markerOf(marks, meaning);
    const change = (one: string): string => markEnds(finder.replace(one, marker), tokens, marker);
    const messages = conversation.messages.map((message) => ({
      ...mapStrings({ ...message, role: "" }, change),
      role: roleOf(message, change),
    }));
    const marked = { messages, tools: mapStrings(conversation.tools, change), fields: mapStrings(conversation.fields, change) };
    const { text: back, places } = unmark(
      attempt(() => this.#template.render(marked, prompt)),
      meaning,
    );
    if (back !== text) throw unclear("it writes another text when special tokens in the record are marked");
    return others.filter(({ start, end }) => places.some((place) => place.start < end && place.end > start));
  }
}

/** A function that gives each text a mark, the same text the same one. */
function markerOf(marks: Marks, meaning: Map<string, string>): (text: string) => string {
  const byText = new Map<string, string>();
  return (text) => {
    let mark = byText.get(text);
    if (mark === undefined) {
      mark = marks.take();
      byText.set(text, mark);
      meaning.set(mark, text);
    }
    return mark;
  };
}

/** A role that is a plain word cannot carry a token, and templates piece tokens together with it; any other is a string like the rest. */
function roleOf({ role }: { readonly role: string }, change: (text: string) => string): string {
  return isPlainRole(role) ? role : change(role);
}

function isPlainRole(role: string): boolean {
  return /^[A-Za-z_]+$/.test(role);
}

function withoutRoles(conversation: Conversation): Conversation {
  return {
    ...conversation,
    messages: conversation.messages.map((message) => (isPlainRole(message.role) ? { ...message, role: "" } : message)),
  };
}

/** Whether a string begins with an end of a token, ends with a beginning of one, or lies within one: white space around it aside. */
function touches(text: string, tokens: readonly string[]): boolean {
  return touchesBefore(text.trim(), tokens) || touchesAfter(text.trim(), tokens);
}

function touchesBefore(text: string, tokens: readonly string[]): boolean {
  return text !== "" && tokens.some((token) => token.includes(text) || upTo(token).some((k) => text.startsWith(token.slice(k))));
}

function touchesAfter(text: string, tokens: readonly string[]): boolean {
  return text !== "" && tokens.some((token) => token.includes(text) || upTo(token).some((k) => text.endsWith(token.slice(0, k))));
}

/** 1 to length - 1. */
function upTo(token: string): number[] {
  return Array.from({ length: token.length - 1 }, (_, i) => i + 1);
}

/** Marks the first and the last character of a string that touches a token. What is pieced together with it holds one of the two. */
function markEnds(text: string, tokens: readonly string[], marker: (text: string) => string): string {
  const trimmed = text.trim();
  const first = text.indexOf(trimmed);
  const last = first + trimmed.length - 1;
  let out = text;
  if (touchesAfter(trimmed, tokens)) out = out.slice(0, last) + marker(out.charAt(last)) + out.slice(last + 1);
  if (touchesBefore(trimmed, tokens)) out = out.slice(0, first) + marker(text.charAt(first)) + out.slice(first + 1);
  return out;
}

/** The stretches between the outermost pairs of marks. */
function between(places: readonly MarkedPlace[], { open, close }: GenerationMarks): Span[] {
  const spans: Span[] = [];
  let depth = 0;
  let from = 0;
  for (const { mark, start } of places) {
    if (mark === open && depth++ === 0) from = start;
    if (mark === close && --depth === 0 && start > from) spans.push({ start: from, end: start });
  }
  if (depth !== 0) throw unclear("its `generation` blocks do not come out whole");
  return spans;
}

function attempt(work: () => string): string {
  try {
    return work();
  } catch (cause) {
    throw unclear("it fails when special tokens are marked", cause);
  }
}

function unclear(why: string, cause?: unknown): PipelineError {
  const message = `what the template wrote and what came from the record cannot be told apart: ${why}`;
  return new PipelineError({ kind: "unclear-origin", message, cause });
}
