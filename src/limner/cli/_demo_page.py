"""The page of `limner demo`: pictures, numbers and the commands that made them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template

from limner import __version__


@dataclass(frozen=True)
class Picture:
    """One scan on the page.

    overlay, mask   file names beside the page
    rows            (object, where, size, longest diameter), in words
    command         the line that does the same
    """

    title: str
    overlay: str
    mask: str
    source: str
    rows: Sequence[tuple[str, str, str, str]]
    model: str
    command: str


def page(
    pictures: Sequence[Picture], *, failed: Sequence[tuple[str, str]] = (), seconds: float
) -> str:
    """One HTML page that needs nothing but the files beside it."""
    objects = sum(len(each.rows) for each in pictures)
    missing = "".join(
        f"<p class=note>{escape(name)} is not shown: {escape(why)}</p>" for name, why in failed
    )
    return _PAGE.substitute(
        version=escape(__version__),
        objects=objects,
        scans=len(pictures),
        seconds=f"{seconds:.1f}",
        figures="\n".join(_figure(each) for each in pictures),
        missing=missing,
    )


def _figure(picture: Picture) -> str:
    rows = "".join(
        f"<tr><th scope=row>{escape(name)}</th><td>{escape(where)}</td>"
        f"<td>{escape(size)}</td><td>{escape(longest)}</td></tr>"
        for name, where, size, longest in picture.rows
    )
    return _FIGURE.substitute(
        title=escape(picture.title),
        overlay=escape(picture.overlay),
        mask=escape(picture.mask),
        source=escape(picture.source),
        model=escape(picture.model),
        command=escape(picture.command),
        rows=rows,
    )


_FIGURE = Template("""\
<article>
  <a href="$overlay"><img src="$overlay" alt="$title, with outlines" loading="lazy"></a>
  <div class="text">
    <h2>$title</h2>
    <table>
      <thead><tr><th>object</th><th>where</th><th>size</th><th>longest</th></tr></thead>
      <tbody>$rows</tbody>
    </table>
    <p class="small"><a href="$mask">$mask</a> · $source · $model</p>
    <details><summary>Do the first one yourself</summary><pre>$command</pre></details>
  </div>
</article>""")

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Limner: what the demo outlined</title>
<style>
:root { --paper: #f6f5f2; --card: #fff; --ink: #1c1e22; --faint: #686d76; --line: #e3e1dc;
        --link: #14618f; --dark: #16181c; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #101215; --card: #191c21; --ink: #e6e8ec; --faint: #989ea8;
          --line: #2a2e35; --link: #7cc0ec; --dark: #16181c; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 78rem; padding: 3rem 1.5rem 4rem; background: var(--paper);
       color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", sans-serif; }
h1 { margin: 0; font-size: 2.1rem; font-weight: 650; letter-spacing: -.02em; }
header p { max-width: 44rem; margin: .5rem 0 2.25rem; color: var(--faint); font-size: 1.05rem; }
main { columns: 2 30rem; column-gap: 1.5rem; }
article { break-inside: avoid; margin: 0 0 1.5rem; background: var(--card);
          border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
article img { display: block; width: 100%; max-height: 34rem; object-fit: contain;
              background: var(--dark); }
.text { padding: 1rem 1.25rem 1.1rem; }
h2 { margin: 0 0 .5rem; font-size: 1.08rem; font-weight: 620; }
table { width: 100%; border-collapse: collapse; font-size: .92rem;
        font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem .3rem 0; text-align: left; border-top: 1px solid var(--line); }
thead th { border: 0; padding-top: 0; color: var(--faint); font-weight: 450; font-size: .84rem; }
tbody th { font-weight: 600; }
a { color: var(--link); text-decoration-thickness: 1px; text-underline-offset: 2px; }
.small, .note, summary, footer { color: var(--faint); font-size: .84rem; }
.small { margin: .7rem 0 .3rem; overflow-wrap: anywhere; }
summary { cursor: pointer; }
pre { margin: .5rem 0 0; padding: .7rem .8rem; border-radius: 8px; background: var(--paper);
      font-size: .8rem; white-space: pre-wrap; overflow-wrap: anywhere; }
footer { margin-top: 1.5rem; border-top: 1px solid var(--line); padding-top: 1rem; }
</style>
</head>
<body>
<header>
  <h1>Limner outlined $objects objects in $scans scans</h1>
  <p>In $seconds seconds on this computer, without a network connection. The dashed boxes, dots
  and lines are what a person said; the outlines are the answers. Every number is in
  <a href="measurements.csv">measurements.csv</a> with how it was found.</p>
</header>
<main>
$figures
</main>
$missing
<footer>Limner $version. Research software, not a medical device: look at every outline before
you use it. A single slice has an area and never a volume; a picture whose file gives no pixel
size is measured in pixels.</footer>
</body>
</html>
""")
