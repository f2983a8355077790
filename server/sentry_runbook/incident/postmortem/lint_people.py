"""Who a sentence speaks of: a person or a machine.

A postmortem that blames a router hurts nobody. So the linter's words ("failed to", "should have", "forgot") count only
where their subject is a person. The subject is looked for in the words before them: the clause is cut at its last
border, then at its first preposition, and the last word that is left is its head ("The person on call" → "person", "A
timer of the developer" → "timer"). A clause without a subject of its own takes that of the clause before it.

A head is a person when it is a pronoun, a word for people, a handle, or a common given name. Customers and visitors are
not: "users failed to log in" is a symptom. Any other name with a capital (Kafka, Cloudflare) is a machine or a company.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ARTICLES = _words("the a an our their this that his her")
WINDOW = 200
"""Characters before and after the words that are read: the time stays linear in the text."""
CLAUSES = 4
PRONOUNS = _words("i he she they we you who whoever somebody someone anybody anyone nobody everybody everyone noone")
OWN_TEAM = frozenset({"we"})
PEOPLE = _words(
    "engineer developer dev oncall on-call team admin administrator dba sre sysadmin lead"
    " commander reviewer author maintainer person staff employee contractor consultant intern"
    " colleague coworker management leadership analyst programmer designer tester architect director executive cto ceo"
    " officer technician specialist deployer committer contributor supervisor trainee agent-on-duty ops devops qa"
    " on-caller oncaller crew squad individual man woman guy human humans newcomer hire"
)
AMBIGUOUS: dict[str, frozenset[str]] = {
    "manager": _words("product project engineering release incident account people team line duty support site"),
    "leader": _words("team squad engineering incident project"),
    "responder": _words("first incident on-call emergency"),
    "operator": _words("network system systems shift human cloud google datacenter"),
    "owner": _words("product service code team process business"),
}
"""A partition has a leader and a package a manager: with another word before them these are machines."""
NAMES = _words(
    "aaron abdul adam adrian ahmed aisha akira alan alex alexander ali alice alicia amanda amir amy ana andrea andreas"
    " andrew andy angela anita anja ann anna anne anthony antonio arjun arthur ben benjamin bernd beth bill bob boris"
    " brian bruno carla carlos carmen carol caroline catherine charles charlie chen chloe chris christian christina"
    " christine christoph claire clara claudia dan dana daniel daniela dave david deepak diana diego dmitri dominik"
    " dorothy elena eli elif elizabeth ella emil emily emma eric erik eva fatima felix fiona florian francesca francois"
    " frank fred gabriel george georg gerd giulia greg hana hannah hans harry hassan heather heidi helen henry hiro"
    " hugo ian ibrahim igor ines ingrid irina isabel ivan jack jacob jakob james jan jane jason javier jean jeff jen"
    " jenny jessica jim jing joe johan john jonas jonathan jorge jose joseph juan julia julian karen karl kate katja"
    " keiko kelly ken kevin kim klaus kumar lara lars laura lea lee lena leo li lily linda lisa liz lucas lucia luigi"
    " luis lukas maja marc marco maria marie mark marta martin mary mateo matt matthew max mei mia michael miguel mike"
    " mina mohammed monika nadia nancy natalie natasha neha nick nicolas nina noah nora olga oliver olivia omar oscar"
    " otto pablo pat patricia patrick paul paula pedro peter petra philip pierre piotr priya rachel rahul raj ralf ravi"
    " rebecca richard rob robert robin roger rosa ruth ryan sam samantha samira samuel sandra sanjay sara sarah sean"
    " sergei simon sofia sonja sophie stefan stephanie steve susan sven tanja tara tariq ted teresa thomas tim tina tom"
    " tomas tony ulrike uwe valentina vera victor viktor vikram walter wei wolfgang yara yasmin yuki yusuf zoe"
)
BORDER = re.compile(
    r"[.!?;:,()—–]\s|\s[-]\s"
    r"|\b(?:and|but|or|because|since|as|so|that|which|when|while|if|until|although|though|before|after|whereas|yet)\b",
    re.IGNORECASE,
)
WHO = re.compile(r"\bwho(?:ever)?\b[^.!?;:]{0,60}$", re.IGNORECASE)
WHICH = re.compile(r"\b(?:which|that)\s+(?:\w+ly\s+|also\s+|then\s+|had\s+|has\s+|have\s+)?$", re.IGNORECASE)
PREPOSITION = re.compile(
    r"\b(?:on|of|in|at|for|from|with|to|behind|by|under|within|during|inside|near|had|has|have|is|was|were|are|been)\b(?!-)",
    re.IGNORECASE,
)
WORD = re.compile(r"@?[^\W\d_][\w'’-]*")
ADVERB = re.compile(
    r"(?:\w+ly|never|also|then|again|just|still|even|later|both|all|really|once|not|have|had|has)\Z", re.IGNORECASE
)
POSSESSIVE = re.compile(r"['’]s$")
ASIDE = re.compile(r",\s*+(?:which|that|whose|where|when)\b[^,]{0,120},")
SENTENCE = re.compile(r"[.!?]\s")


def subject_of(line: str, start: int) -> tuple[str, ...]:
    """The last two words of the subject of the words that begin at ``start``; empty without any."""
    sentence = SENTENCE.split(line[max(0, start - WINDOW) : start])[-1]
    which = WHICH.search(sentence)
    if which:
        return tuple(word.group() for word in WORD.finditer(sentence[: which.start()]))[-2:]
    clauses = BORDER.split(ASIDE.sub("", sentence))[-CLAUSES:]
    relative = WHO.search(clauses[-1])
    if relative:
        antecedent = _head(clauses[-1][: relative.start()])
        return antecedent or ("who",)
    if _head(clauses[-1]) or len(clauses) == 1:
        return _head(clauses[-1])
    # "They saw it and failed to …": the subject stands at the beginning of the clause before.
    return next((_start(clause) for clause in reversed(clauses[:-1]) if clause.strip()), ())


def is_person(head: Sequence[str], *, own_team: bool = True) -> bool:
    """Whether a noun phrase's last words are a person or people; ``own_team`` counts "we" as such."""
    if not head:
        return False
    word = POSSESSIVE.sub("", head[-1])
    lower = word.lower()
    if lower in OWN_TEAM:
        return own_team
    singular = lower if lower in PEOPLE else lower.removesuffix("s")
    allowed = AMBIGUOUS.get(singular)
    if allowed is not None:
        before = head[-2].lower() if len(head) > 1 else "the"
        return before in allowed or (before in ARTICLES and singular != "leader")
    is_name = word[:1].isupper() and lower in NAMES
    return word.startswith("@") or lower in PRONOUNS or singular in PEOPLE or is_name


def names_person(text: str) -> bool:
    """Whether the first words of a text name a person: what follows "blames", "the culprit is", "if only"."""
    words = [word.group() for word in WORD.finditer(text[:WINDOW])][:4]
    return any(is_person(words[:number]) for number in range(1, len(words) + 1))


def _start(clause: str) -> tuple[str, ...]:
    """The first words of a clause up to a person, else up to its head."""
    words = [word.group() for word in WORD.finditer(clause)]
    people = (words[:number] for number in range(1, 1 + min(len(words), 4)) if not POSSESSIVE.search(words[number - 1]))
    return next((tuple(each[-2:]) for each in people if is_person(each[-2:])), _head(clause))


def _head(clause: str) -> tuple[str, ...]:
    """The last two words of the clause's first noun phrase, without adverbs."""
    phrase = PREPOSITION.split(clause.strip(), maxsplit=1)[0]
    words = [word.group() for word in WORD.finditer(phrase)]
    while words and ADVERB.match(words[-1]):
        words.pop()
    return tuple(words[-2:])
