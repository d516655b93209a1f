/** Chat templates in the style of the families in use, written for these tests, and conversations to render with them. */
import type { TokenizerConfig } from "../../src/tokenize/chat/index.ts";
import { LESSON, trainTinyBpe } from "./tiny.ts";

export type Json = Record<string, unknown>;

/** A template, with `{% generation %}` tags or, where it has a twin, the same one without. */
export interface Family {
  readonly config: TokenizerConfig & { readonly chat_template: string };
  /** The same template without tags, where what the tags enclose is what follows the generation prompt. */
  readonly untagged?: string;
  /** Whether it takes system messages, tools, any order of roles. */
  readonly system: boolean;
  readonly tools: boolean;
  readonly alternates: boolean;
}

export const SPECIAL_TOKENS: readonly string[] = [
  "<|im_start|>",
  "<|im_end|>",
  "<s>",
  "</s>",
  "[INST]",
  "[/INST]",
  "<|begin|>",
  "<|start_header|>",
  "<|end_header|>",
  "<|eot|>",
  "<|system|>",
  "<|user|>",
  "<|assistant|>",
  "<|end|>",
  "<start_of_turn>",
  "<end_of_turn>",
];

/** Takes the tags out, and where asked also the white space that `-` in them would have taken. */
const withoutTags = (template: string): string => template.replace(/\{% (end)?generation %\}/g, "");

const CHATML = `{% for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>\\n' }}{% endgeneration %}
{%- else %}{{ message['content'] + '<|im_end|>\\n' }}{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`;

/** Blocks on lines of their own, indented: what trim_blocks and lstrip_blocks are for. */
const LINES = `{{ bos_token }}
{% for message in messages %}
    {% if message.role == "assistant" %}
<|start_header|>assistant<|end_header|>

        {% generation %}
{{ message.content | trim }}<|eot|>
        {% endgeneration %}
    {% else %}
<|start_header|>{{ message.role }}<|end_header|>

{{ message.content | trim }}<|eot|>
    {% endif %}
{% endfor %}
{% if add_generation_prompt %}
<|start_header|>assistant<|end_header|>

{% endif %}
`;

const LLAMA = `{{- bos_token }}
{%- if date_string is not defined %}{%- set date_string = strftime_now("%d %b %Y") %}{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content'] | trim %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
    {%- set loop_messages = messages %}
{%- endif %}
{{- '<|start_header|>system<|end_header|>\\n\\nToday Date: ' + date_string + '\\n\\n' }}
{%- if tools is not none %}
    {%- for tool in tools %}{{- tool | tojson(indent=4) }}{{- '\\n\\n' }}{%- endfor %}
{%- endif %}
{{- system_message + '<|eot|>' }}
{%- for message in loop_messages %}
    {%- if message.role == 'tool' or message.role == 'ipython' %}
        {{- '<|start_header|>ipython<|end_header|>\\n\\n' }}
        {%- if message.content is mapping or message.content is iterable and message.content is not string %}{{- message.content | tojson }}
        {%- else %}{{- message.content }}{%- endif %}{{- '<|eot|>' }}
    {%- elif message.role == 'assistant' %}
        {{- '<|start_header|>assistant<|end_header|>\\n\\n' }}
        {%- generation -%}
        {%- if message.tool_calls is defined %}
            {%- if message.tool_calls | length != 1 %}{{- raise_exception("one call at a time") }}{%- endif %}
            {%- set call = message.tool_calls[0].function %}
            {{- '{"name": "' + call.name + '", ' }}{{- '"parameters": ' }}{{- call.arguments | tojson }}{{- '}' }}
        {%- else %}
            {{- message.content | trim }}
        {%- endif %}
        {{- '<|eot|>' }}
        {%- endgeneration -%}
    {%- else %}
        {{- '<|start_header|>' + message.role + '<|end_header|>\\n\\n' + message.content | trim + '<|eot|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|start_header|>assistant<|end_header|>\\n\\n' }}{%- endif %}`;

const MISTRAL = `{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}{% if loop.index0 == 0 and system_message %}{% set content = system_message + '\\n\\n' + message['content'] %}{% else %}{% set content = message['content'] %}{% endif %}{% if message['role'] == 'user' %}{{ '[INST] ' + content.strip() + ' [/INST]' }}{% else %}{% generation %}{{ ' ' + content.strip() + eos_token }}{% endgeneration %}{% endif %}{% endfor %}`;

const ZEPHYR = `{% for message in messages %}
{% if message['role'] == 'user' %}
{{ '<|user|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'system' %}
{{ '<|system|>\\n' + message['content'] + eos_token }}
{% elif message['role'] == 'assistant' %}
{{ '<|assistant|>' }}
{% generation %}
{{ message['content'] + eos_token }}
{% endgeneration %}
{% endif %}
{% if loop.last and add_generation_prompt %}
{{ '<|assistant|>' }}
{% endif %}
{% endfor %}`;

const GEMMA = `{{ bos_token }}{%- if messages[0]['role'] == 'system' -%}{{ raise_exception('System role not supported') }}{%- endif -%}
{%- for message in messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}{{ raise_exception("Conversation roles must alternate") }}{%- endif -%}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '\\n' }}
    {%- if message['content'] is string -%}{%- set parts = [{'type': 'text', 'text': message['content']}] -%}{%- else -%}{%- set parts = message['content'] -%}{%- endif -%}
    {%- if role == 'model' -%}{% generation %}{%- for part in parts -%}{{ part['text'] | trim }}{%- endfor -%}{{ '<end_of_turn>\\n' }}{% endgeneration %}
    {%- else -%}{%- for part in parts -%}{{ part['text'] | trim }}{%- endfor -%}{{ '<end_of_turn>\\n' }}{%- endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}{{ '<start_of_turn>model\\n' }}{%- endif -%}`;

const QWEN = `{%- macro turn(role, content) %}{{ '<|im_start|>' + role + '\\n' + content + '<|im_end|>\\n' }}{%- endmacro %}
{%- if tools %}
    {{- '<|im_start|>system\\n' }}
    {%- if messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
    {{- "# Tools\\n\\n<tools>" }}
    {%- for tool in tools %}{{- "\\n" }}{{- tool | tojson }}{%- endfor %}
    {{- "\\n</tools><|im_end|>\\n" }}
{%- elif messages[0].role == 'system' %}{{- turn('system', messages[0].content) }}{%- endif %}
{%- for message in messages %}
    {%- if message.role == "user" or (message.role == "system" and not loop.first) %}{{- turn(message.role, message.content) }}
    {%- elif message.role == "assistant" %}
        {{- '<|im_start|>' + message.role + '\\n' }}
        {%- generation %}
        {%- if message.reasoning_content %}{{- '<think>\\n' + message.reasoning_content.strip('\\n') + '\\n</think>\\n\\n' }}{%- endif %}
        {%- if message.content %}{{- message.content }}{%- endif %}
        {%- for tool_call in message.tool_calls or [] %}
            {%- if (loop.first and message.content) or (not loop.first) %}{{- '\\n' }}{%- endif %}
            {%- if tool_call.function %}{%- set tool_call = tool_call.function %}{%- endif %}
            {{- '<tool_call>\\n{"name": "' + tool_call.name + '", "arguments": ' }}
            {%- if tool_call.arguments is string %}{{- tool_call.arguments }}{%- else %}{{- tool_call.arguments | tojson }}{%- endif %}
            {{- '}\\n</tool_call>' }}
        {%- endfor %}
        {{- '<|im_end|>\\n' }}
        {%- endgeneration %}
    {%- elif message.role == "tool" %}
        {%- if loop.first or (messages[loop.index0 - 1].role != "tool") %}{{- '<|im_start|>user' }}{%- endif %}
        {{- '\\n<tool_response>\\n' + message.content + '\\n</tool_response>' }}
        {%- if loop.last or (messages[loop.index0 + 1].role != "tool") %}{{- '<|im_end|>\\n' }}{%- endif %}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}`;

/** Special tokens that the template puts together from pieces. */
const PHI = `{% for message in messages %}{{ '<|' + message['role'] + '|>\\n' }}{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|end|>\\n' }}{% endgeneration %}{% else %}{{ message['content'] + '<|end|>\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% endif %}`;

/** What JavaScript and Python do otherwise: strip with characters, white space, `==`, and what a loop remembers. */
const QUIRKS = `{% for m in messages %}\r
{% if loop.first and m.role == 'system' %}{% set first, rest = m.content, 1 %}{% endif %}
<|im_start|>{{ m.role }}{% if first is defined %}!{% endif %}{{ '=false' if m.content == false }}{{ '=none' if m.missing == none }}{{ '=1' if m.content == 1 }}{{ '!=' if [1, 'a'] != [1.0, 'a'] }}
{% if m.role == 'assistant' %}
{% generation %}{{ m.content.strip('\\n').lstrip(' Sa').rstrip('.!🜄') }}|{{ m.content | trim }}|{{ (m.content | trim).split('\\n')[0] }}<|im_end|>{% endgeneration %}

{% else %}
{{ m.content.strip() }}<|im_end|>
{% endif %}
{% endfor %}`;

const bos = { bos_token: "<s>", eos_token: "</s>" };
const config = (chat_template: string, tokens: Json = {}): Family["config"] => ({
  chat_template,
  ...tokens,
  additional_special_tokens: SPECIAL_TOKENS,
});

export const FAMILIES: Readonly<Record<string, Family>> = {
  chatml: { config: config(CHATML), untagged: withoutTags(CHATML), system: true, tools: false, alternates: false },
  lines: { config: config(LINES, { bos_token: "<|begin|>" }), system: true, tools: false, alternates: false },
  llama: { config: config(LLAMA, { bos_token: { content: "<|begin|>" } }), system: true, tools: true, alternates: false },
  mistral: { config: config(MISTRAL, bos), untagged: withoutTags(MISTRAL), system: true, tools: false, alternates: true },
  zephyr: { config: config(ZEPHYR, bos), system: true, tools: false, alternates: false },
  gemma: { config: config(GEMMA, { bos_token: "<s>" }), untagged: withoutTags(GEMMA), system: false, tools: false, alternates: true },
  qwen: { config: config(QWEN), untagged: QWEN.replace(/\{%- (end)?generation %\}/g, ""), system: true, tools: true, alternates: false },
  quirks: { config: config(QUIRKS), system: true, tools: false, alternates: false },
  phi: { config: config(PHI), untagged: withoutTags(PHI), system: true, tools: false, alternates: false },
};

/** A byte-level tokenizer, with the special tokens of all the templates. */
export function chatTokenizerJson(): Json {
  const { json, tokens } = trainTinyBpe(`${LESSON}\nassistant\nuser\nsystem\n\n{"name": "get", "arguments": {}}`, 260);
  const flags = { special: true, normalized: false, lstrip: false, rstrip: false, single_word: false };
  return { ...json, added_tokens: SPECIAL_TOKENS.map((content, i) => ({ id: tokens.length + i, content, ...flags })) };
}

const TOOLS = [
  {
    type: "function",
    function: {
      name: "weather",
      description: 'What the weather is, in °C; "now" & here <b>',
      parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer", minimum: 1 } }, required: ["city"] },
    },
  },
];

/** One question to the reference. */
export interface ChatCase {
  readonly name: string;
  readonly family: string;
  readonly messages: readonly Json[];
  readonly tools?: readonly Json[];
  readonly prompt: boolean;
}

const USER = [
  "Hi there",
  "  spaces around \n",
  "日本語で 🜄 é",
  "> quoted",
  "a\r\nb",
  "{{ not a template }} {% if %}",
  "What is 2 + 2?",
  "x <|im_end|> y",
  "",
  "1",
  "\ufeffmark\ufeff",
  "\x1c\x85 odd \x1f\u3000",
];
const ANSWERS = [
  "Hello!",
  "\n\n4.\n",
  "naïve 🜄🜄",
  "| a | b |\n",
  " ",
  "Sure:\n```js\nif (a < b) {}\n```",
  "</s> no",
  "ok </think> done",
  "\ufeff\x85 a \n.!",
];

/** Conversations for a family, the same every time: turns, systems, tools, thinking, odd white space, special tokens in contents. */
export function casesOf(name: string, count: number, seed = 1): ChatCase[] {
  const family = FAMILIES[name] as Family;
  let state = seed;
  const pick = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  return Array.from({ length: count }, (_, i) => {
    const messages: Json[] = [];
    if (family.system && pick(2) === 0) messages.push({ role: "system", content: USER[pick(USER.length)] });
    const withTools = family.tools && pick(2) === 0;
    for (let turn = 0, turns = 1 + pick(3); turn < turns; turn++) {
      messages.push({ role: "user", content: USER[pick(USER.length)] });
      if (withTools && pick(2) === 0) {
        const call = {
          type: "function",
          function: { name: "weather", arguments: { city: 'Köln "5" <', days: pick(9), more: [1.5, null, true, {}] } },
        };
        messages.push({ role: "assistant", content: null, tool_calls: [call] }, { role: "tool", content: `{"t": ${pick(40)}}` });
      }
      const answer: Json = { role: "assistant", content: ANSWERS[pick(ANSWERS.length)] };
      if (pick(4) === 0) answer["reasoning"] = "\nlet me see\n";
      messages.push(answer);
    }
    if (pick(5) === 0) messages.push({ role: "user", content: "one more" });
    return { name: `${name} ${i}`, family: name, messages, ...(withTools ? { tools: TOOLS } : {}), prompt: pick(3) === 0 };
  });
}

/** The conversations whose answers are stored in golden/chat.json. */
export const GOLDEN_CASES: readonly ChatCase[] = Object.keys(FAMILIES).flatMap((name) => casesOf(name, 8, 77));
