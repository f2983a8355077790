"""Payloads of our own making that several stand-ins share; values are invented."""

from __future__ import annotations

from typing import Any

EVENT_ID = "3f1c0d2ab4e94c5f8a7b6c5d4e3f2a1b"
PROJECT = {"id": "1", "name": "web", "slug": "web", "platform": "python"}


def exception_entries() -> list[dict[str, Any]]:
    """Entries of one event: a chain of one exception, a breadcrumb, a request."""
    frame = {"filename": "shop/pay.py", "function": "charge", "lineNo": 41, "inApp": True, "context": [], "vars": {}}
    thrown = {
        "type": "ConnectionError",
        "value": "gateway did not answer",
        "module": "shop.pay",
        "mechanism": {"type": "generic", "handled": False},
        "stacktrace": {"frames": [frame]},
    }
    crumb = {
        "timestamp": "2026-11-24T08:00:00Z",
        "type": "http",
        "category": "httplib",
        "level": "error",
        "message": None,
        "data": {"method": "POST", "url": "https://pay.example/charge", "status_code": 503},
    }
    return [
        {"type": "exception", "data": {"values": [thrown]}},
        {"type": "breadcrumbs", "data": {"values": [crumb]}},
        {"type": "request", "data": {"method": "POST", "url": "https://shop.example/pay", "data": None}},
    ]


def event(issue: str, tags: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """One whole event."""
    return {
        "id": EVENT_ID,
        "eventID": EVENT_ID,
        "groupID": issue,
        "projectID": "1",
        "title": "ConnectionError: gateway did not answer",
        "message": "",
        "platform": "python",
        "type": "error",
        "dateCreated": "2026-11-24T08:00:00Z",
        "user": {"id": "u1", "email": None, "username": None, "ip_address": None},
        "tags": tags,
        "entries": exception_entries(),
        "contexts": {"runtime": {"type": "runtime", "name": "CPython", "version": "3.11"}},
        "errors": [],
        "metadata": {},
        **more,
    }
