"""What a page says of an error, in both of its languages, and what to do next.

Programs are told in English (`api.errors`); a reader of a page is told in the language of the page.
"""

import shlex
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

from api.errors import row_for
from api.settings import Settings
from graph.errors import AmbiguousName, UnknownConcept
from viz.wording import InvalidMap, Said

__all__ = ["load_command", "notice", "refusal"]

_MOST_SHOWN = 200  # characters of a name that a notice repeats

_OF_CODES: Mapping[str, Said] = MappingProxyType(
    {
        "STORE_UNAVAILABLE": Said(
            "The store cannot be reached now. Check that its server runs, then try again.",
            "现在连不上存储。请确认存储的服务器在运行，然后重试。",
        ),
        "STORE_BUSY": Said(
            "The store is busy with another writer. Try again in a moment.",
            "另一个程序正在写入存储，请稍后重试。",
        ),
        "INTERNAL_ERROR": Said(
            "Something went wrong here. Try again; if it stays, the service's log says more under this number.",
            "服务出错了。请重试；若仍不行，请按下面的编号查看服务日志。",
        ),
    }
)
_REFUSED: Mapping[str, str] = MappingProxyType(
    {
        "RATE_LIMITED": "请求太多，请稍后重试。",
        "OVERLOADED": "服务正忙，请稍后重试。",
        "REQUEST_TIMEOUT": "请求的内容没有及时到达，请重试。",
        "CROSS_SITE": "这个请求来自别的网站的页面，已被拒绝。请从本服务自己的页面进入。",
    }
)
_ANY_FAILURE = Said(
    "The store could not answer. The service's log says why, under this number.",
    "存储未能应答。原因见服务日志，按下面的编号查找。",
)


def notice(error: BaseException) -> Said:
    """Return what a page says of an error. Where names are offered, they follow it as links."""
    if isinstance(error, UnknownConcept):
        name = error.name[:_MOST_SHOWN]
        if error.near:
            return Said(f"No concept is called “{name}”; did you mean", f"没有叫“{name}”的概念，你要找的也许是")
        return Said(
            f"No concept is called “{name}”. Search for it above, under any of its names.",
            f"没有叫“{name}”的概念。请用上面的搜索框，任何一种名称都可以。",
        )
    if isinstance(error, AmbiguousName):
        name, count = error.name[:_MOST_SHOWN], len(error.ids)
        return Said(f"“{name}” names {count} concepts; choose one:", f"“{name}”是 {count} 个概念的名称，请选一个：")
    if isinstance(error, InvalidMap):
        return Said(
            f"{error.said.en[:1].upper()}{error.said.en[1:]}. The overview is shown instead.",
            f"{error.said.zh}。现在显示的是总览。",
        )
    row = row_for(error)
    if row.code in _OF_CODES:
        return _OF_CODES[row.code]
    return _ANY_FAILURE if row.sentence is not None else Said(_sentence(str(error)), f"无法照此显示：{error}。")


def refusal(code: str, sentence: str) -> Said:
    """Return what a page says of a request that was refused before anything looked at it."""
    return Said(_sentence(sentence), _REFUSED.get(code, f"服务拒绝了这个请求：{sentence}。"))


def _sentence(line: str) -> str:
    return f"{line[:1].upper()}{line[1:]}."


def load_command(settings: Settings) -> str:
    """Return the command that loads notes into the store that is served, ready for a shell.

    It names the store unless that is the one which `noteatlas load` takes by itself; never with a password.
    """
    if settings.store == Settings.model_fields["store"].default:
        return "noteatlas load path/to/notes"
    return f"noteatlas load path/to/notes --store {shlex.quote(_without_password(settings.store))}"


def _without_password(url: str) -> str:
    scheme, mark, _ = url.partition("://")
    if not mark or "@" not in url:
        return url
    parts = urlsplit(url)
    user = "USER:PASSWORD@" if parts.username is not None else ""
    return urlunsplit((scheme, f"{user}{parts.netloc.rpartition('@')[2]}", parts.path, "", ""))
