r"""Scripts that nobody would write: all that psql's lexer knows, in any order and any mixture.

``trees()`` gives include trees, as files by path; ``main.sql`` is the first. Each piece closes what
it opens, so that most trees are complete; a few open things without closing them.
"""

import re

from hypothesis import strategies as st

Tree = dict[str, bytes]

VARIABLES = ("v", "w", "x1", "ä", "V", "1", "folder")
"""All that a tree may set."""

_FILES = ("main.sql", "a.sql", "sub/b.sql", "sub/c d.sql", "sub/e.sql")
"""Each may include those behind it."""

_NAMES = ("v", "v", "v", "v", "v", "w", "x1", "ä", "V", "1", "unset", "folder")


def _joined(pieces: st.SearchStrategy[str], most: int) -> st.SearchStrategy[str]:
    return st.lists(pieces, max_size=most).map("".join)


def _some(*pieces: str) -> st.SearchStrategy[str]:
    return st.sampled_from(pieces)


# What stands between tokens, and in quotes.

_BLOCKS = _some(
    "/* c */", "/**/", "/*;*/", "/* ' */", "/* \" */", "/* $$ */", "/* /* a */ b */", "/*/**/*/", "/***/",
    "/* :v \\echo */", "/*\n*/", "/*\n\n;*/", "/*\r\n*/", "/* -- */", "/*/ /*//**/ */ */", "/* ( */",
    "/* /* a */ ; */", "/* /* /* */ */ ' */", "/*/**/;/**/*/",
)  # fmt: skip
_LINES = _some("--\n", "-- c\n", "--c;'\n", '-- " $$ /* (\n', "---- :v \\echo\n", "-- c\r\n", "-- c\n\n")
_SPACES = _some(
    " ", " ", " ", "\n", "\n", "\t", "  ", "\n\n", "\r\n", "\n  ", "\n\n\n", " \n \n", "\f", "\v", "\r"
)
_BETWEEN = _SPACES | _SPACES | _BLOCKS | _LINES
_INSIDE = _some(
    "a", "ä", " ", ";", "\n", "\n\n", "\r\n", "\r", ":v", ":'v'",
    "--", "/*", "*/", "(", ")", "$", "$$x", "\\:",
    "\\;", "\\echo", "end", "begin", "%", "\t", "\v", "{", "😀", "\n \n", ":w:w", "\ufeff",
)  # fmt: skip

_PLAIN = _joined(_INSIDE | _some("\\", "''", '"', "'';''", "\\''"), 4).map("'{}'".format)
_ESCAPED = st.builds(
    "{}'{}'".format,
    _some(" e", " E", "\nE", "e"),
    _joined(_INSIDE | _some("''", "\\'", "\\\\", '"', "\\''';"), 4),
)
_PREFIXED = st.builds("{}{}".format, _some("U&", "u&", "N", "n", "b", "X", "e1"), _PLAIN)
_IDENTIFIER = st.builds(
    '{}"{}"'.format, _some("", "", "U&"), _joined(_INSIDE | _some("\\", "'", '""', "e'"), 4)
)
_DOLLAR = st.builds(
    lambda space, tag, body: f"{space}{tag}{body.replace(tag, '')}x{tag}",
    _some(" ", "\n", " ", ""),
    _some("$$", "$a$", "$ä_1$", "$A$", "$_$"),
    _joined(_INSIDE | _some("'", '"', "$a", "a$", "$b$", "$1$", "\\", "e'\\'"), 4),
)
_VARIABLE = st.builds(
    str.replace,
    _some(*":n :'n' :\"n\" :n :'n' :n :{?n} ::n :=:n a:n :n:n [1:n] :'n' :n$ e:n :::n".split()),
    st.just("n"),
    st.sampled_from(_NAMES),
)
_WORD = _some(
    "select", "a", "B", "1", "2.5e3", "ä", "a$b$c", "$1", "1e", "e", "E", "x", "n", "u", "U", "b end",
    "1 case", "as", "create", "b", "c", "function", "or", "replace", "procedure", "a$$", "1$a", "_",
    "0x1f", "1_0", "1.e5", "1.", ".5", "1e+", "2e5", "1E-2", "$1a", "3.E",
)  # fmt: skip
_SIGN = _some(
    "+", "-", "/", "*", "=", ",", ".", "::", ":=", ":", "<", "->>", "@>", "&", "|", "[1:2]", "%", "?", "!",
    ")", "]", "{", "$", "$1$", "+-", "*/", "#>", "~*", "^", "=>", "..", "`", "\ufeff", "\\:", "\u00a0",
)  # fmt: skip
_QUOTES = _PLAIN | _ESCAPED | _PREFIXED | _IDENTIFIER | _DOLLAR
_TOKEN = _WORD | _WORD | _SIGN | _QUOTES | _QUOTES | _VARIABLE | _VARIABLE

_CODE = _joined(_TOKEN | _BETWEEN, 7)
_GROUP = st.builds("({})".format, _joined(_TOKEN | _BETWEEN | _some(";", "\\;", "()", "(;)"), 4))
_ROUTINE = st.builds(
    "{}{} {} f() {}begin atomic{}end{}".format,
    _some(";", ";\n", "; ", " 1 "),
    _some("create", "CREATE", "create or replace", "Create\nOr -- c\nReplace"),
    _some("function", "procedure", "FUNCTION"),
    _some("", "language sql ", "returns int\n", "\n\n", "/* begin */ ", "strict /*;*/\n"),
    _joined(
        _BETWEEN
        | _TOKEN
        | _some(";", ";", "; ", " case 1 when 2 then 3 end;", " begin; end; ", "(;)", "(end)"),
        7,
    ).map(" {}\n".format),
    _some("", " ", "/* end */"),
)

# Meta-commands. Each ends its line, or says \\ and lets it go on.

_END = _some("\n", "\n", "\n", "\r\n", " \n", "\\\\", " \\\\ ", "\n\n")
_ARGUMENT = st.one_of(
    _some("a", "1", "a;", ";", "ä", "--", "/*", "$$", "(", "a=b", ":", "%", "::v", "a:v", ":v:w", "-n", "e"),
    _joined(
        _some("a", "ä", "''", "\\n", "\\'", "\\\\", " ", ";", '"', ":v", "\\x41", "\\101", "$$", "\\z"), 3
    ).map("'{}'".format),
    _joined(_some("a", " ", ";", "'", "--"), 3).map('"{}"'.format),
    _VARIABLE.filter(lambda text: text.count("'") != 1 and text.count('"') != 1),
)
_ARGUMENTS = st.lists(_ARGUMENT, max_size=3).flatmap(
    lambda arguments: _some(" ", "  ", "\t", "").map(lambda space: space.join(arguments))
)
_VALUE = st.one_of(
    _ARGUMENTS,
    _some(r"'\\'", "'it''s'", r"""'\\''"'""", r"'a;\nb'", 'a"b"', "';'", "''''", r"'\n'", "'/*'", "1", "v"),
    _some(r"'a\\nb'", r"x'\\'", r"'\'\\\\'''", "'$$'", "'('", "' a '", "':w'", "':''v'''", "w", "e"),
    _joined(_TOKEN | _BETWEEN | _some(";", "'", '"', "$$", "/*", "(", "\\", "\\", "\n", "e'", "a\n"), 4).map(
        lambda text: "'" + text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n") + "'"
    ),
)
_SET = st.builds("\\set {} {}{}".format, _some("v", "v", "w", "x1", "ä", "V", "1"), _VALUE, _END)
_SET_AND_ASK = st.builds(
    "{}\\set v {}\n{}{}{}{}".format,
    _CODE,
    _VALUE,
    _CODE,
    _VARIABLE,
    _some(":'v'", ':"v"', ":v", "::'v'"),
    _CODE,
)
_SMALL = st.builds(
    "{}{}".format,
    st.one_of(
        _some("\\unset v", "\\unset w", "\\r", "\\reset", "1 \\g", "a \\gx", "\\x", "\\t on", "\\timing"),
        _some("\\pset null 'a b'", "\\pset border 2", "\\a", "b\\g (format=csv)"),
        st.builds("\\{} {}".format, _some("echo", "qecho", "warn"), _ARGUMENTS),
    ),
    _END,
)
_TRUTH = _some(
    "true", "false", "on", "off", "1", "0", "yes", "tr", ":{?v}", ":{?unset}", ":v", "nonsense", ""
)
_STOP = _some(";", ";", ";\n", "; ", ";\n\n", ";;", " ; -- c\n", ";\r\n")
_JOINED = st.builds("{}\\;{}{}".format, _CODE, _CODE, _STOP)
_LINE_END = _some("\n", "\n", "\r\n", " \\\\ ")

_ROWS = _joined(
    _some(
        "1\t2\n",
        "\\N\n",
        "\n",
        ";\n",
        "'\n",
        "\\.x\n",
        " \\.\n",
        ":v\n",
        "\\\\.\n",
        "a\r\n",
        "$$\n",
        "\\echo\n",
        "ä\n",
    ),
    3,
)
_END_OF_ROWS = _some("\\.\n", "\\.\n", "\\.\n", "\\.\r\n", "\\.")
_COPY = st.builds(
    "{}{}{}{}{}{}".format,
    _some(";", ";\n", ";\n\n"),
    st.builds(
        "{}{}copied{}from{}stdin".format, _some(" copy", "\nCOPY", " Copy"), _BETWEEN, _BETWEEN, _BETWEEN
    ),
    _some("", "", " with (format csv)", " /* ; */", " (delimiter ';')", "\n"),
    _some(
        ";\n",
        ";\n",
        "; \n",
        ";\r\n",
        "; select 1;\n",
        ";-- c\n",
        "\\g\n",
        ";\\echo a\n",
        "; select\n",
        "; '\n';\n",
    ),
    _ROWS,
    _END_OF_ROWS,
)
_SLASH_COPY = st.builds(
    "\\copy {} from {}{}\n{}{}".format,
    _some("copied", "a.copied", "copied (a, b)", '"copied"', "copied(a)", "copied ( a,b )", '"a b". copied'),
    _some("stdin", "STDIN", "stdin;"),
    _some("", " ", " with (format csv)", " csv;", " (delimiter ';')", "  null '' ", "\r", " \r", ";", " ;"),
    _ROWS,
    _END_OF_ROWS,
)
_OPEN = ("'", "e'", '"', "$$", "/*", "(", "\\if true\n", "\\g 'a\n", "\\i '\n", "\\set v 'a\n", "\\echo '\n")
"""What nothing closes, but for what happens to follow."""


def trees() -> st.SearchStrategy[Tree]:
    """Include trees: the contents of files by path, of which ``main.sql`` includes the others."""
    # Not both: psql counts the words of a branch that it skips when it looks for a routine's BEGIN.
    return st.one_of(
        st.builds(
            _tree,
            _SET | _SET | st.just(""),
            *(_file(index, routines=routines) for index in range(len(_FILES))),
        )
        for routines in (False, True)
    )


def _tree(first: str, *files: str) -> Tree:
    names = dict(zip(_FILES, files, strict=True))
    text = "\\set folder sub\n" + first + names["main.sql"].removeprefix("\ufeff")
    return {name: text.encode() for name, text in {**names, "main.sql": text}.items()}


def _file(index: int, *, routines: bool) -> st.SearchStrategy[str]:
    """The text of a file that includes only those behind it."""
    pieces = _pieces(_includes(index), routines=routines)
    least, most = (4, 9) if index == 0 else (1, 4)
    text = st.builds(
        "{}{}{}".format,
        st.lists(pieces, min_size=least, max_size=most).map("".join),
        _some(*[""] * 60, *_OPEN),
        _some("", ";\n", "\n"),
    )
    return st.builds(_written, text, _some("", "", "", "crlf", "mark", "open"))


def _written(text: str, how: str) -> str:
    if text.endswith("\\."):  # With a line break it is the end of the data, to psql as well.
        return text + "\n"
    match how:
        case "crlf":
            return re.sub("\r?\n", "\r\n", text)
        case "mark":
            return "\ufeff" + text
        case "open":
            return text.rstrip("\n") if not text.rstrip().endswith("\\.") else text
    return text


def _includes(index: int) -> st.SearchStrategy[str]:
    here = "sub/" if _FILES[index].startswith("sub/") else ""
    names = []
    for path in _FILES[index + 1 :]:
        quoted = f"'{path}'" if " " in path else path
        names += [f"\\i {quoted}", f"\\include '{path}'", f"\\i {quoted};"]
        if " " not in path:
            names += [f"\\i {path} ignored", "\\i " + path.replace("sub/", ":folder/")]
        if path.startswith(here):
            names.append(f"\\ir '{path.removeprefix(here)}'")
    return st.builds("{}{}".format, st.sampled_from(names), _END) if names else _SPACES


def _pieces(includes: st.SearchStrategy[str], *, routines: bool) -> st.SearchStrategy[str]:
    flat = st.one_of(
        _CODE, _CODE, _CODE, _STOP, _STOP, _GROUP, _JOINED, _SET, _SET_AND_ASK, _SMALL, _COPY, includes
    )
    branch = st.lists(flat | st.deferred(lambda: condition), max_size=2).map("".join)
    condition = st.builds(
        "{}\\if {}{}{}{}{}\\endif{}".format,
        _SPACES,
        _TRUTH,
        _LINE_END,
        branch,
        st.just("") | st.builds("\\elif {}{}{}".format, _TRUTH, _LINE_END, branch),
        st.just("") | st.builds("\\else{}{}".format, _LINE_END, branch),
        _END,
    )
    quit_ = _some("\\q\n", "\\q ignored\n", *[";\n"] * 8)
    return st.one_of(flat, flat, flat, _ROUTINE if routines else condition, _SLASH_COPY, quit_)
