/**
 * A chat template that can be rendered three ways: as it is; with marks around what its `generation` tags enclose; and with marks in place of
 * the special tokens it writes itself. Marks are characters of the private use area that occur neither in the template nor in the record, so
 * a message can never contain one, and a marked text without its marks is the text itself or the marks are not used.
 *
 * A `generation` block becomes the call of a macro around its body, which is what transformers makes of it: white space control, scopes and
 * loops stay those of a block.
 */

import { compile, type Jinja, render } from "./jinja.ts";
import { stringsOf } from "./marks.ts";
import { type Conversation, mapStrings } from "./messages.ts";
import { SCOPE_MACRO } from "./python.ts";

const TAG = /\{%([-+]?)\s*(end)?generation\s*([-+]?)%\}/g;
const OPEN = "__millrace_open";
const CLOSE = "__millrace_close";
/** The line end goes with `trim_blocks`, so the template's own first line stays what it is. */
const MACROS = `{% macro __millrace_generation() %}{{ ${OPEN} }}{{ caller() }}{{ ${CLOSE} }}{% endmacro %}${SCOPE_MACRO}\n`;

/** What a template is rendered with, beside the conversation. */
export interface RenderSettings {
  /** Names that configuration and options give to the template. */
  readonly variables: ReadonlyMap<string, unknown>;
  readonly date: Date | undefined;
}

/** Marks around generated text. */
export interface GenerationMarks {
  readonly open: string;
  readonly close: string;
}

const NO_MARKS: GenerationMarks = { open: "", close: "" };

export class ChatTemplate {
  /** Whether the template says itself, by `generation` tags, what the assistant writes. */
  readonly tagged: boolean;
  /** Every word of the template: a variable of another name cannot matter. */
  readonly words: ReadonlySet<string>;
  /** The text of the template. */
  readonly source: string;
  /** Every string that configuration and options bring in. */
  readonly variableTexts: readonly string[];
  readonly #jinja: Jinja;
  readonly #settings: RenderSettings;
  readonly #expanded: string;
  readonly #plain: unknown;
  #handlesParts: boolean | undefined;

  /** Throws a `PipelineError` of kind "bad-template" when the template cannot be read. */
  constructor(jinja: Jinja, source: string, settings: RenderSettings) {
    this.#jinja = jinja;
    this.#settings = settings;
    this.source = source;
    this.variableTexts = [...stringsOf(Object.fromEntries(settings.variables))];
    this.tagged = /\{%[-+]?\s*generation\s*[-+]?%\}/.test(source);
    this.words = new Set(source.match(/[A-Za-z_]\w*/g));
    const body = source.replace(TAG, (_, before: string, end: string | undefined, after: string) =>
      end === undefined ? `{%${before} call __millrace_generation() ${after}%}` : `{%${before} endcall ${after}%}`,
    );
    this.#expanded = MACROS + body;
    this.#plain = compile(jinja, this.#expanded);
  }

  /** The text of a conversation. Throws what the template throws. */
  render(conversation: Conversation, prompt: boolean, marks: GenerationMarks = NO_MARKS): string {
    return this.#run(this.#plain, conversation, prompt, marks, this.#settings.variables);
  }

  /** The same template with some texts in its own literals and variables, and nowhere else, replaced. */
  rewritten(change: (literal: string) => string): (conversation: Conversation, prompt: boolean, marks?: GenerationMarks) => string {
    const program = compile(this.#jinja, this.#expanded, change);
    const variables = new Map([...this.#settings.variables].map(([name, value]) => [name, mapStrings(value, change)]));
    return (conversation, prompt, marks = NO_MARKS) => this.#run(program, conversation, prompt, marks, variables);
  }

  /** Whether contents that are lists of parts come out as text: asked of the template itself, once. */
  get handlesParts(): boolean {
    this.#handlesParts ??= this.#probeParts();
    return this.#handlesParts;
  }

  #probeParts(): boolean {
    const text = "millrace";
    const messages = [{ role: "user", content: [{ type: "text", text }] }];
    try {
      const rendered = this.render({ messages, tools: null, fields: {} }, false);
      // Where a list is not expected, it is printed in JSON or in the manner of JavaScript.
      return rendered.includes(text) && !rendered.includes('"type"') && !rendered.includes("[object");
    } catch {
      return false;
    }
  }

  #run(
    program: unknown,
    conversation: Conversation,
    prompt: boolean,
    marks: GenerationMarks,
    settings: ReadonlyMap<string, unknown>,
  ): string {
    const { messages, tools, fields } = conversation;
    // Later entries win: no field of a record can stand in for a setting.
    const variables = new Map<string, unknown>([["documents", null], ...Object.entries(fields), ...settings]);
    variables.set("messages", messages).set("tools", tools).set("add_generation_prompt", prompt);
    variables.set(OPEN, marks.open).set(CLOSE, marks.close);
    return render(this.#jinja, program, variables, this.#settings.date);
  }
}
