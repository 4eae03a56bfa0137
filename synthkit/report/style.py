"""How pages look: light and dark, wide and narrow, on paper."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root{color-scheme:light dark;--page:#fcfcfa;--card:#fff;--ink:#1b1e23;--muted:#555c66;--line:#d9dbd6;--faint:#eceee9;
--accent:#1c5da6;--soft:#dfeaf7;--warm:#a8431b;--mark:#ffe69a;--mark-ink:#1b1e23;--third:#2f7d4f;--fourth:#7a4aa8}
@media(prefers-color-scheme:dark){:root{--page:#14161a;--card:#1b1e24;--ink:#e8eaed;--muted:#a9b0bb;--line:#383d47;
--faint:#262a32;--accent:#7fb5f2;--soft:#22344a;--warm:#f0956b;--mark:#6a5410;--mark-ink:#fff6d8;--third:#79c99a;
--fourth:#c4a0ea}}
*{box-sizing:border-box}
html{font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;background:var(--page);
color:var(--ink);-webkit-text-size-adjust:100%}
body{margin:0;overflow-wrap:anywhere}
header,main,footer{max-width:74rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:1.4rem}
h1{font-size:1.75rem;line-height:1.2;margin:.1rem 0 .4rem;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.3rem;line-height:1.25;margin:0 0 .3rem}
h3{font-size:1rem;margin:1.4rem 0 .3rem}
p{margin:.4rem 0;max-width:46rem}
.two{display:grid;gap:0 2.5rem;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));align-items:start}
.kind{color:var(--muted);margin:0;font-size:.9rem}
.lead p{max-width:64rem}
a{color:var(--accent);text-underline-offset:.15em}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.4rem .8rem;z-index:2}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:.5rem 0;margin:.8rem 0 0;
border-top:1px solid var(--line);border-bottom:1px solid var(--line);font-size:.92rem}
section{margin:1.8rem 0 0;scroll-margin-top:1rem}
.said{color:var(--muted);font-size:.93rem}
dl.facts{display:grid;gap:.45rem 1.6rem;margin:.9rem 0;
grid-template-columns:repeat(auto-fill,minmax(min(13rem,100%),1fr))}
dl.facts dt{color:var(--muted);font-size:.8rem}
dl.facts dd{margin:0;overflow-wrap:anywhere}
dl.facts .wide{grid-column:1/-1}
code,pre,.code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.87em}
pre{background:var(--faint);padding:.7rem .9rem;border-radius:6px;overflow-x:auto;margin:.5rem 0}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));margin:.8rem 0;
align-items:start}
.grid.wide{grid-template-columns:repeat(auto-fill,minmax(min(30rem,100%),1fr))}
figure,article{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.75rem .85rem;margin:0;
min-width:0}
figcaption{font-weight:600;font-size:.95rem}
figcaption small{white-space:nowrap}
figcaption small,.note{font-weight:400;color:var(--muted);font-size:.82rem}
article h3{margin:0;font-size:.9rem;font-weight:600}
article>p{margin:.15rem 0 .45rem;font-size:.88rem}
figure svg{max-width:27rem}
.paper img{background:#fff;border-radius:4px}
svg,figure img{display:block;width:100%;height:auto;margin:.35rem 0}
svg text{font:11px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--muted)}
svg text.title{fill:var(--ink)}
svg text.in{fill:var(--ink);font-size:9.5px}
svg text.on{fill:#fff;font-size:9.5px;paint-order:stroke;stroke:#123a66;stroke-width:1.6px}
svg text.code{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:var(--ink)}
svg text.c0{fill:var(--accent)}svg text.c1,.dot.c1{fill:var(--warm)}svg text.c2,.dot.c2{fill:var(--third)}
svg text.c3,.dot.c3{fill:var(--fourth)}
svg text.strong{fill:var(--ink);font-weight:600}
svg text.hot{fill:var(--warm);font-weight:600}
.axis{stroke:var(--muted);stroke-width:1}
.faint{stroke:var(--line);stroke-width:1}
.bar,.dot{fill:var(--accent)}
.one{fill:none;stroke:var(--accent);stroke-width:1}
.frame{fill:none;stroke:var(--line)}
.gap{stroke:var(--card);stroke-width:.7}
.cells{image-rendering:pixelated}
.wave{fill:var(--accent);stroke:var(--accent);stroke-width:.6;stroke-linejoin:round}
.curve{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke:var(--accent)}
.curve.c1{stroke:var(--warm)}.curve.c2{stroke:var(--third)}.curve.c3{stroke:var(--fourth)}
.whisker{stroke:var(--accent);stroke-width:2}
.beside{stroke:var(--warm);stroke-width:2}
.edge{stroke:var(--muted);stroke-width:1.2;fill:none}
.edge.hot{stroke:var(--warm);stroke-width:2}
.node{fill:var(--soft);stroke:var(--accent)}
.leaf{fill:var(--card);stroke:var(--line)}
audio{display:block;width:100%;height:2.4rem;margin:.4rem 0 0}
dl.of{display:flex;flex-wrap:wrap;gap:.1rem .9rem;margin:.25rem 0;font-size:.85rem}
dl.of div{display:flex;gap:.35rem}
dl.of dt{color:var(--muted)}
dl.of dd{margin:0;overflow-wrap:anywhere;font-variant-numeric:tabular-nums}
.command{white-space:nowrap}
.text{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--faint);border-radius:6px;padding:.5rem .7rem;
margin:.2rem 0 .5rem;font-size:.9rem;max-height:22rem;overflow-y:auto}
.text.code{font-size:.82rem}
.text.short{width:fit-content;min-width:3rem;padding:.25rem .7rem}
.of-text{color:var(--muted);font-size:.78rem;margin:.45rem 0 0;font-weight:600}
mark{background:var(--mark);color:var(--mark-ink);border-radius:3px;padding:0 .1em}
mark.weighted{background:rgb(43 124 211/calc(var(--w)*.55));color:var(--ink)}
mark.against{background:rgb(214 96 40/calc(var(--w)*.55));color:var(--ink)}
mark.chosen{text-decoration:underline;text-decoration-thickness:2px;text-underline-offset:.2em;font-weight:600}
.scroll{overflow-x:auto;max-width:100%}
table{overflow-wrap:normal;border-collapse:collapse;font-size:.86rem;margin:.5rem 0;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.22rem .7rem .22rem 0;border-bottom:1px solid var(--line);vertical-align:top;
font-weight:400}
td{text-align:right;white-space:nowrap}
.words td{text-align:left;white-space:normal}
thead th{color:var(--muted);font-size:.8rem;white-space:nowrap}
thead th+th{text-align:right}
.words thead th+th{text-align:left}
details{font-size:.88rem}
summary{cursor:pointer;color:var(--accent);width:max-content;max-width:100%}
details .scroll{max-height:20rem;overflow:auto}
.warning{border-left:4px solid var(--warm);padding:.2rem .8rem;margin:.6rem 0}
.board{max-width:8.5rem}
svg text.stone{font-size:22px;fill:var(--ink);font-weight:600}
svg text.stone.hot{fill:var(--warm)}
.pixels{image-rendering:pixelated;width:8rem;height:8rem;margin:.4rem 0;border:1px solid var(--line);border-radius:4px}
.pixels~.text{max-height:6.5rem}
.spectrum text{font-size:10px}
footer{margin-top:3rem;padding-top:1rem;padding-bottom:2.5rem;color:var(--muted);font-size:.85rem}
footer p{border-top:1px solid var(--line);padding-top:1rem;max-width:none}
@media print{nav,audio,.skip{display:none}details .scroll{max-height:none}figure,article{break-inside:avoid}}
"""
