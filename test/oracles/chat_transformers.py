"""Renders and tokenizes conversations with transformers' own apply_chat_template.

In: one JSON object a line: {"tokenizer": text of a tokenizer.json} first, then {"template", "tokens", "messages", "tools", "prompt", "variables"}.
Out: one a line: {"text", "ids", "mask"} or {"error"}. Where transformers is not installed but jinja2 is, {"text"} alone, rendered with the
settings transformers gives jinja2. Needs neither torch nor a network.
"""

import json
import os
import sys

os.environ["TRANSFORMERS_VERBOSITY"] = "error"
os.environ["HF_HUB_OFFLINE"] = "1"


def with_transformers(lines):
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer.from_str(json.loads(next(lines))["tokenizer"])

    def answer(case):
        tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **case["tokens"])
        settings = dict(tools=case.get("tools"), add_generation_prompt=case["prompt"], chat_template=case["template"], **case["variables"])
        text = tokenizer.apply_chat_template(case["messages"], tokenize=False, **settings)
        out = tokenizer.apply_chat_template(
            case["messages"], tokenize=True, return_dict=True, return_assistant_tokens_mask="generation" in case["template"], **settings
        )
        return {"text": text, "ids": list(out["input_ids"]), "mask": list(out.get("assistant_masks", []))}

    return answer


def with_jinja(lines):
    import jinja2.ext
    from jinja2 import nodes
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(jinja2.ext.Extension):
        tags = {"generation"}

        def parse(self, parser):
            line = next(parser.stream).lineno
            body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
            return nodes.CallBlock(self.call_method("_pass"), [], [], body).set_lineno(line)

        def _pass(self, caller):
            return caller()

    def refuse(message):
        raise jinja2.exceptions.TemplateError(message)

    def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = refuse
    next(lines)
    compiled = {}

    def answer(case):
        source = case["template"]
        if source not in compiled:
            compiled[source] = environment.from_string(source)
        messages = [{k: v for k, v in message.items() if v is not None} for message in case["messages"]]
        for i, message in enumerate(messages):
            found = [message[k] for k in ("reasoning_content", "thinking", "reasoning") if k in message]
            if found:
                messages[i] = {"thinking": found[0], **message, "reasoning_content": found[0]}
        return {
            "text": compiled[source].render(
                messages=messages, tools=case.get("tools"), documents=None, add_generation_prompt=case["prompt"], **case["tokens"], **case["variables"]
            )
        }

    return answer


def main():
    lines = iter(sys.stdin)
    try:
        answer = with_transformers(lines)
    except ImportError:
        answer = with_jinja(lines)
    for line in lines:
        try:
            result = answer(json.loads(line))
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)


main()
