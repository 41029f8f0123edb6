"""The chat result: what `forethought/chat` and `forethought ask --json` return."""

from typing import Any

from forethought.present.location_encoder import LocationEncoder
from forethought.qa.question import Answer
from forethought.text.markdown import safe_markdown


def answer_document(answer: Answer, encoder: LocationEncoder) -> dict[str, Any]:
    """Return the chat result. Blocks: reads lines."""
    document = {
        "id": answer.id,
        "answer": safe_markdown(answer.text),
        "tier": answer.tier,
        "sources": [
            encoder.reference(source.workspace, source.path, source.range, source.symbol) for source in answer.sources
        ],
        "state": answer.state,
        "usage": {
            "promptTokens": answer.usage.prompt_tokens,
            "cachedTokens": answer.usage.cached_tokens,
            "completionTokens": answer.usage.completion_tokens,
            "firstTokenMs": round(answer.first_token_ms, 3),
            "totalMs": round(answer.total_ms, 3),
        },
        "model": answer.model,
    }
    if answer.matched_question is not None:
        document["matchedQuestion"] = answer.matched_question
    if answer.read_as is not None:
        document["readAs"] = safe_markdown(answer.read_as)
    if answer.suggestions:
        document["readings"] = [
            {"text": safe_markdown(item.text), "question": item.question} for item in answer.suggestions
        ]
    return document
