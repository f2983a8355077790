"""Exceptions that are not what failed: those that only carry another one, and diagnostics that come along with it.

A carrier takes an error from where it was thrown (another thread, a constructor, a template) to where it was caught; it
has no reason of its own. A diagnostic was never thrown: a library adds it, with a stack of its own, to be printed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sentry_runbook.incident.model.evidence.exception import message_of
from sentry_runbook.incident.model.evidence.json_values import JsonObject, text_of

LARAVEL = ("Illuminate\\View", "Facade\\Ignition\\Exceptions", "Spatie\\LaravelIgnition\\Exceptions")
CARRIERS: Mapping[str, tuple[str, ...]] = {
    "Java": (
        *("ExecutionException", "CompletionException", "UncheckedExecutionException", "UncheckedIOException"),
        *("InvocationTargetException", "UndeclaredThrowableException", "PrivilegedActionException"),
        *("ExceptionInInitializerError",),
        *("ServletException", "NestedServletException", "ListenerExecutionFailedException"),
        *("BeanCreationException", "BeanInstantiationException", "UnsatisfiedDependencyException"),
        *("UndeliverableException", "OnErrorNotImplementedException", "CompositeException", "ReactiveException"),
    ),
    ".NET": (
        *("AggregateException", "TargetInvocationException", "TypeInitializationException", "HttpUnhandledException"),
    ),
    "Python": ("ExceptionGroup", "BaseExceptionGroup"),
    "JavaScript": ("AggregateError", "SuppressedError"),
    "PHP": (
        "Symfony\\Component\\Messenger\\Exception\\HandlerFailedException",
        *(f"{package}\\ViewException" for package in LARAVEL),
    ),
    "Ruby": ("Sidekiq::JobRetry::Handled", "Sidekiq::JobRetry::Skip"),
    "Go": (
        *("*fmt.wrapError", "*fmt.wrapErrors", "*errors.joinError", "*errors.withStack", "*errors.withMessage"),
        *("*xerrors.wrapError", "*eris.wrapError", "*withstack.withStack", "*errutil.withPrefix", "*multierror.Error"),
    ),
}
"""Types by the language or system that has them, without their packages."""
DIAGNOSTICS = (
    *("DiagnosticCoroutineContextException", "DiagnosticComposeException", "OnAssemblyException"),
    *("_RemoteTraceback", "RemoteTraceback"),
)
"""Types that a library adds to another error for its print-out: the context of a coroutine, a stack as text."""
COMPONENT_STACK = "React ErrorBoundary "
"""Beginning of the type of the error by which Sentry's React SDK sends a stack of components."""
GENERIC = frozenset(("RuntimeException", "Exception", "Error", "Throwable", "IllegalStateException"))
"""Types that say nothing themselves; with another error as their whole message they are carriers."""
SAYS_INNER = re.compile(
    r"There was an error (?:during concurrent rendering|while hydrating)|React was able to recover"
    r"|Minified React error #(?:422|423|520)\b"  # the same three of React, without their words
    r"|^(?:Execution|Unexpected) exception\[+\w"  # Play
    r"|(?i:\bsee (?:the )?inner ?exception\b)"  # .NET
    r"|^RetryError\[<Future\b"  # tenacity
    r"|^An exception has been thrown during the rendering of a template"  # Twig
    r"|^Unable to (?:start|resume|pause|stop|destroy|create|instantiate|bind to) "
    r"(?:activity|application|service|receiver|provider|content provider)\b.{0,200}?: [\w$]+\.[\w.$]+"  # Android
    r"|^Failure delivering result .{0,200}?: [\w$]+\.[\w.$]+"
)
"""Messages of an error that was made of an inner one and points to it."""
LONGEST = 1_000
"""Characters of a message in which these words are looked for."""
NAMES = frozenset(name for names in CARRIERS.values() for name in names)


def is_diagnostic(thrown: JsonObject) -> bool:
    """Whether it only tells more about another error."""
    return kind_of(thrown) in DIAGNOSTICS or (text_of(thrown.get("type")) or "").startswith(COMPONENT_STACK)


def is_carrier(thrown: JsonObject, inner: Sequence[JsonObject]) -> bool:
    """Whether it only carries another error.

    Args:
        thrown: the raw exception.
        inner: those that may have led to it.
    """
    kind = kind_of(thrown)
    if kind in NAMES or text_of(thrown.get("type")) in NAMES:
        return True
    value = (message_of(thrown) or "")[:LONGEST]
    return bool(inner) and (
        SAYS_INNER.search(value) is not None or (kind in GENERIC and any(_repeats(value, one) for one in inner))
    )


def kind_of(thrown: JsonObject) -> str:
    """The type without its package or outer class; Go's names stay whole."""
    name = (text_of(thrown.get("type")) or "")[:LONGEST]
    return name if name.startswith("*") else re.split(r"[.$+\\]|::", name)[-1]


def _repeats(value: str, inner: JsonObject) -> bool:
    """Whether a message is nothing but another exception as text: ``java.io.IOException: closed``."""
    name, message = kind_of(inner), (message_of(inner) or "")[:LONGEST].strip()
    if message and value.strip() == message:
        return True
    start, _, rest = value.partition(":")
    return bool(name) and re.split(r"[.$]", start.strip())[-1] == name and rest.strip().startswith(message[:60])
