/**
 * The stage that renders conversations: `messages` in, text out, with the stretches a model is to learn. See docs/chat.md.
 *
 * Cost: three renderings of a conversation of two messages with a template that has `generation` tags (the text, once with marks, no more),
 * two more for each marked message without them. Memory: one record. Nothing is carried from one record to the next.
 */
import { createHash } from "node:crypto";
import { type Doc, knownOptions, optionType, PipelineError, type Stage, type StageContext, wordOption } from "../../core/index.ts";
import { trainedSpans } from "./assistant.ts";
import { type Jinja, loadJinja } from "./jinja.ts";
import { type Conversation, joinParts, readConversation } from "./messages.ts";
import { readSource, type TemplateSource, type TokenizerConfig } from "./source.ts";
import { fingerprintOf, type Spanned, type TextSpans } from "./spans.ts";
import { MarkedRenderer } from "./specials.ts";
import { parseDate } from "./strftime.ts";
import { ChatTemplate } from "./template.ts";

export interface ChatOptions {
  /** Which template of a configuration that has several. Default "default", and "tool_use", where there is one, for records with tools. */
  readonly templateName?: string;
  /** The field of `meta` that holds the messages. Default "messages". */
  readonly messages?: string;
  /** What is trained. "all-assistant" (default): every turn of the assistant. "last-assistant": the last one. "everything": the whole text. */
  readonly train?: "all-assistant" | "last-assistant" | "everything";
  /** The roles that are the assistant's. Default `["assistant"]`. A template with `generation` tags decides by them for "all-assistant". */
  readonly roles?: readonly string[];
  /**
   * What special tokens in messages become. "text" (default): they are tokenized as text, so that no message can end a turn or begin one.
   * "special": special tokens, as in transformers unless told otherwise.
   */
  readonly contents?: "text" | "special";
  /**
   * The tokenizer's special tokens (`Object.keys(tokenizer.special.ids)`). Default: those the configuration lists. Needed with `contents: "text"`
   * and a template given as text.
   */
  readonly specialTokens?: readonly string[];
  /** Ends the text with the prompt for the next answer. Default false. */
  readonly addGenerationPrompt?: boolean;
  /** Tools, as JSON schemas, of records that have no field `tools`. Default none. */
  readonly tools?: readonly object[];
  /** Further variables of the template (`{ enable_thinking: false }`). They win over fields of the record by the same name. Default none. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Contents that are lists of text parts: "join" them, or "keep" them for the template. Default "auto": keep where the template handles lists. */
  readonly parts?: "auto" | "join" | "keep";
  /** Fields of a message that are null: "drop" (default), as transformers 5 does, or "keep". */
  readonly nulls?: "drop" | "keep";
  /** The date that `strftime_now` prints, "2024-07-26" or "2024-07-26T14:05:00". Default none: a template that asks for it is an error. */
  readonly date?: string;
}

const OPTIONS = [
  "templateName",
  "messages",
  "train",
  "roles",
  "contents",
  "specialTokens",
  "addGenerationPrompt",
  "tools",
  "variables",
  "parts",
  "nulls",
  "date",
] as const;

/** The options, checked. */
interface Settings {
  readonly field: string;
  readonly train: "all-assistant" | "last-assistant" | "everything";
  readonly roles: readonly string[];
  readonly special: readonly string[] | undefined;
  readonly prompt: boolean;
  readonly tools: readonly object[] | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly parts: "auto" | "join" | "keep";
  readonly dropNulls: boolean;
  readonly date: string | null;
}

/**
 * Renders the messages of every record with a Hugging Face chat template: `text` becomes the conversation, and `spans` says which stretches
 * of it are trained and where special tokens are text. `tokenize` turns the spans into `lossMask`, `padBatch` the mask into labels.
 *
 * The template is text, or the contents of a `tokenizer_config.json`. It sees `messages`, `tools`, `documents`, `add_generation_prompt`, the special
 * tokens of the configuration, `variables`, and every field of the record's `meta` that it names. `meta` stays as it is. Records are
 * conversations read with `read(..., { text: false })`, for instance.
 *
 * Records without a message of the assistant are dropped ("no-assistant"). Errors of a record: "bad-messages"; "template-failed" (the
 * template raised it); "no-assistant-span" (its stretches cannot be told exactly) and "unclear-origin" (nor can what the template
 * wrote). Errors of the run, whatever `onError`: "missing-package", "bad-template", "no-date". Order is kept; one record is held.
 *
 * @throws TypeError or RangeError on options.
 */
export function chat<T extends Doc>(template: string | TokenizerConfig, options: ChatOptions = {}): Stage<T, T & Spanned> {
  const name = "chat";
  knownOptions(name, options, OPTIONS);
  const source = readSource(name, template, options.templateName);
  const settings = readSettings(name, source, options);
  const { special, ...shown } = settings;
  return {
    name,
    config: {
      ...shown,
      template: hash([source.template, source.toolTemplate, ...[...source.tokens].flat()]),
      special: special === undefined ? null : hash(special),
    },
    stateless: true,
    async *run(input, context) {
      const jinja = await loadJinja();
      const usual = new Renderer(jinja, source.template, source, settings);
      const withTools = source.toolTemplate === source.template ? usual : new Renderer(jinja, source.toolTemplate, source, settings);
      for await (const record of input) {
        const out = renderRecord(record, usual, withTools, context);
        if (out !== undefined) yield out;
      }
    },
  };
}

/** The record as a document, or undefined when it was counted and left out. */
function renderRecord<T extends Doc>(record: T, usual: Renderer, withTools: Renderer, context: StageContext): (T & Spanned) | undefined {
  try {
    const { tools } = record.meta;
    const hasTools = tools === undefined || tools === null ? usual.hasTools : true;
    const done = (hasTools ? withTools : usual).render(record);
    if (done === undefined) return void context.drop(record, "no-assistant");
    context.count("conversations");
    return { ...record, ...done };
  } catch (error) {
    // Without the date no record can be rendered: skipping them all would hide it.
    const fatal = error instanceof PipelineError && error.kind === "no-date";
    const kind = error instanceof PipelineError ? error.kind : "template-failed";
    context.fail(error, { record, kind, onError: fatal ? "throw" : context.onError });
    return undefined;
  }
}

class Renderer {
  readonly hasTools: boolean;
  readonly #template: ChatTemplate;
  readonly #marked: MarkedRenderer;
  readonly #settings: Settings;

  constructor(jinja: Jinja, text: string, source: TemplateSource, settings: Settings) {
    const variables = new Map<string, unknown>([...source.tokens, ...Object.entries(settings.variables)]);
    const date = settings.date === null ? undefined : parseDate(settings.date);
    this.#template = new ChatTemplate(jinja, text, { variables, date });
    this.#marked = new MarkedRenderer(this.#template, settings.special);
    this.#settings = settings;
    this.hasTools = settings.tools !== null;
  }

  render(record: Doc): { readonly text: string; readonly spans: TextSpans } | undefined {
    const { field, train, roles, special, prompt, tools, dropNulls } = this.#settings;
    const conversation = this.#withParts(readConversation(record, { field, tools, dropNulls }, this.#template.words));
    const rendered = this.#marked.render(conversation, prompt);
    const { text, typed, written } = rendered;
    const spans = { literal: typed, special: special === undefined ? null : written, fingerprint: fingerprintOf(text) };
    if (train === "everything") return { text, spans: { trained: null, ...spans } };
    const before = (count: number) =>
      count === 0 ? [] : this.#marked.render({ ...conversation, messages: conversation.messages.slice(0, count) }, false).generated;
    const trained = trainedSpans(this.#template, conversation, rendered, before, { which: train, roles });
    return trained === undefined ? undefined : { text, spans: { trained, ...spans } };
  }

  #withParts(conversation: Conversation): Conversation {
    const { parts } = this.#settings;
    if (parts === "keep" || conversation.messages.every(({ content }) => !Array.isArray(content))) return conversation;
    if (parts === "auto" && this.#template.handlesParts) return conversation;
    return { ...conversation, messages: joinParts(conversation.messages) };
  }
}

function readSettings(stage: string, source: TemplateSource, options: ChatOptions): Settings {
  const { messages = "messages", roles = ["assistant"], addGenerationPrompt = false, variables = {}, date, tools } = options;
  if (typeof messages !== "string" || messages === "") throw optionType(stage, "messages", "the name of a field", messages);
  if (!isStrings(roles) || roles.length === 0) throw optionType(stage, "roles", "a list of at least one role", roles);
  if (typeof addGenerationPrompt !== "boolean") throw optionType(stage, "addGenerationPrompt", "a boolean", addGenerationPrompt);
  if (typeof variables !== "object" || variables === null || Array.isArray(variables)) {
    throw optionType(stage, "variables", "an object", variables);
  }
  for (const name of ["messages", "tools", "add_generation_prompt"]) {
    if (Object.hasOwn(variables, name)) throw new TypeError(`${stage}: \`${name}\` cannot be one of \`variables\`: the stage sets it`);
  }
  if (tools !== undefined && !Array.isArray(tools)) throw optionType(stage, "tools", "a list of tools", tools);
  if (date !== undefined && (typeof date !== "string" || parseDate(date) === undefined)) {
    throw optionType(stage, "date", 'a date such as "2024-07-26" or "2024-07-26T14:05:00"', date);
  }
  const contents = wordOption(stage, "contents", options.contents ?? "text", ["text", "special"]);
  return {
    field: messages,
    train: wordOption(stage, "train", options.train ?? "all-assistant", ["all-assistant", "last-assistant", "everything"]),
    roles: [...roles],
    special: contents === "special" ? undefined : specialTokens(stage, source, options.specialTokens),
    prompt: addGenerationPrompt,
    tools: tools === undefined || tools.length === 0 ? null : tools,
    variables,
    parts: wordOption(stage, "parts", options.parts ?? "auto", ["auto", "join", "keep"]),
    dropNulls: wordOption(stage, "nulls", options.nulls ?? "drop", ["drop", "keep"]) === "drop",
    date: date ?? null,
  };
}

function specialTokens(stage: string, source: TemplateSource, given: readonly string[] | undefined): readonly string[] {
  const tokens = given ?? source.special;
  if (tokens === undefined) {
    const how = 'give `specialTokens` (Object.keys(tokenizer.special.ids)), or `contents: "special"` to let messages write special tokens';
    throw new TypeError(`${stage}: which special tokens to keep out of messages is not known; ${how}`);
  }
  if (!isStrings(tokens)) throw optionType(stage, "specialTokens", "a list of texts", tokens);
  return [...tokens];
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function hash(texts: readonly string[]): string {
  return `sha256:${createHash("sha256").update(JSON.stringify(texts)).digest("hex")}`;
}
