"""``graphtutor blueprint build``: a blueprint from a language model, or from a knowledge graph."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.errors import ConfigError

if TYPE_CHECKING:
    from graphtutor.blueprint.domain import Domain
    from graphtutor.blueprint.framework import Framework
    from graphtutor.blueprint.llm_build import Built, Estimate, Usage
    from graphtutor.blueprint.llm_cache import CallLog
    from graphtutor.blueprint.llm_domain import Order
    from graphtutor.blueprint.llm_server import Budget, Server

__all__ = ["run"]


def run(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new .yaml file.")],
    title: Annotated[str, typer.Option(help="The discipline: 'Bread baking'.")] = "",
    framework: Annotated[
        str, typer.Option(metavar="NAME_OR_FILE", help="How topics are taken apart.")
    ] = "first-principles",
    topics: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="One topic a line, or an indented outline."),
    ] = None,
    graph: Annotated[
        str, typer.Option(metavar="NAME_OR_FILE", help="Build from this graph, without a model.")
    ] = "",
    llm: Annotated[
        str, typer.Option(metavar="URL", help="OpenAI-compatible server: http://host:port/v1.")
    ] = "",
    model: Annotated[str, typer.Option(metavar="NAME", help="The model to ask there.")] = "",
    key_variable: Annotated[
        str, typer.Option(metavar="NAME", help="Environment variable that holds the key.")
    ] = "OPENAI_API_KEY",
    price_in: Annotated[float, typer.Option(min=0, help="Price of a million tokens sent.")] = 0,
    price_out: Annotated[float, typer.Option(min=0, help="... and of a million written.")] = 0,
    budget: Annotated[
        float | None,
        typer.Option(min=0, help="What OUT may cost at most, all calls so far included."),
    ] = None,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest reply about one topic.")] = 2000,
    timeout: Annotated[float, typer.Option(min=0.01, help="Seconds for one call.")] = 120,
    retries: Annotated[
        int, typer.Option(min=0, max=20, help="Further tries of a call, and of a bad reply.")
    ] = 3,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Calls at a time.")] = 4,
    style: Annotated[str, typer.Option(help="System message. Default: made from the title.")] = "",
    id: Annotated[str, typer.Option(help="Id of the domain. Default: made from the title.")] = "",
    partial: Annotated[
        bool, typer.Option("--partial", help="Leave out topics that failed for good.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before paying.")] = False,
) -> None:
    """Build a blueprint from a list of topics with a language model, or from a knowledge graph.

    \b
    graphtutor blueprint build bread.yaml --title "Bread baking" --topics topics.txt \\
        --llm http://localhost:8000/v1 --model NAME
    graphtutor blueprint build mine.yaml --graph kg.json

    What a model replies is kept in OUT.calls.jsonl: nothing is paid twice, and the same command
    goes on where a build was ended.
    """  # noqa: D301 - the backspace tells click to keep the lines of the examples
    from graphtutor.blueprint.load import load_framework

    _check_out(out)
    _check_choice(graph=graph, llm=llm, model=model, title=title, topics=topics)
    _check_id(id)
    taken_apart = load_framework(framework)
    if graph:
        _from_graph(out, graph, framework, title=title, style=style, id=id)
        return
    from graphtutor.blueprint.llm_domain import Order
    from graphtutor.blueprint.llm_outline import read_outline
    from graphtutor.blueprint.llm_prompts import Subject
    from graphtutor.blueprint.llm_server import Budget, Server
    from graphtutor.blueprint.save import slug
    from graphtutor.blueprint.style import style_of

    if budget is not None and not (price_in or price_out):
        raise ConfigError(
            "--budget",
            wanted="prices to compare it with",
            got="neither --price-in nor --price-out",
            remedy="give the prices of a million tokens",
        )
    order = Order(
        domain=id or slug(title),
        framework=framework,
        subject=Subject(title, style or style_of(title, taken_apart), taken_apart),
        outline=read_outline(topics or Path()),
        model=model,
        max_tokens=max_tokens,
        tries=retries + 1,
    )
    server = Server(llm.rstrip("/"), key_variable, timeout, retries, concurrency)
    _from_model(out, order, server, Budget(price_in, price_out, budget), partial=partial, yes=yes)


def _check_out(out: Path) -> None:
    if out.suffix not in {".yaml", ".yml"}:
        raise ConfigError(str(out), wanted="a .yaml file", got=out.suffix or "no suffix")
    if out.exists():
        raise ConfigError(
            str(out),
            wanted="a new file",
            got="one that exists",
            remedy="move it away; what was paid for it is kept beside it and used again",
        )


def _check_choice(*, graph: str, llm: str, model: str, title: str, topics: Path | None) -> None:
    if bool(graph) == bool(llm):
        raise ConfigError(
            "blueprint build",
            wanted="either --llm or --graph",
            got="both" if graph else "neither",
            remedy="see 'graphtutor blueprint build --help'",
        )
    needed = {"--model": model, "--title": title.strip(), "--topics": topics}
    missing = [name for name, value in needed.items() if not value]
    if llm and missing:
        raise ConfigError("--llm", wanted=f"also {', '.join(missing)}", got="none")
    if graph and (model or topics):
        raise ConfigError("--graph", wanted="no --model and no --topics", got="one of them")


def _check_id(id: str) -> None:
    from graphtutor.blueprint.save import slug

    if id and id != slug(id):
        raise ConfigError("--id", wanted="lower-case letters, digits, hyphens", got=repr(id))


def _from_model(
    out: Path, order: Order, server: Server, budget: Budget, *, partial: bool, yes: bool
) -> None:
    from graphtutor.blueprint.llm_build import build, estimate
    from graphtutor.blueprint.llm_cache import open_log
    from graphtutor.cli.progress import RichWatch

    order.check()
    server.check()
    with open_log(out.with_name(f"{out.name}.calls.jsonl")) as log:
        awaited = estimate(order, log)
        typer.echo(f"{order.subject.title}: {len(order.outline.topics)} topics, {order.model}")
        typer.echo(_foretold(awaited, budget, log))
        if awaited.calls and not yes and sys.stdin.isatty() and sys.stdout.isatty():
            typer.confirm("Go on?", abort=True)
        try:
            with RichWatch().bar("topics", len(order.outline.topics)) as advance:
                built = build(order, server, budget, log, advance)
        except KeyboardInterrupt:
            typer.echo("What was paid is kept; the same command goes on.", err=True)
            raise typer.Abort from None
        _say_usage(built.usage, budget, log)
    _finish(out, order, built, partial=partial)


def _finish(out: Path, order: Order, built: Built, *, partial: bool) -> None:
    from graphtutor.blueprint.diagram import visible

    if built.problem:
        raise built.problem
    for title, reason in built.left_out.items():
        typer.echo(f"failed: {visible(title)}: {visible(reason)}", err=True)
    if built.left_out and not partial:
        raise ConfigError(
            str(out),
            wanted=f"all {len(order.outline.topics)} topics",
            got=f"{len(built.left_out)} that failed; nothing was written",
            remedy="raise --retries to go on with them, reword them, or leave them out with "
            "--partial; what was paid is kept",
        )
    if built.domain:
        _write(out, built.domain, order.subject.framework)


def _foretold(awaited: Estimate, budget: Budget, log: CallLog) -> str:
    """Say what the build will take; figures of cost only where there are prices."""
    if not awaited.calls:
        return "Nothing to ask: every reply is there."
    about, most = awaited.about, awaited.most
    line = f"{awaited.calls} calls, about {about.sent:,} tokens in and {about.written:,} out"
    if not (budget.price_sent or budget.price_written):
        return f"{line}, at most {most.sent:,} and {most.written:,}; repeats not counted"
    line += f", cost about {budget.cost(about):.4f}, at most {budget.cost(most):.4f}"
    spent = f"; spent so far {budget.cost(log.spent):.4f}" if log.spent.sent else ""
    limit = f"; budget {budget.most:g}" if budget.most is not None else ""
    return f"{line}; repeats not counted{spent}{limit}"


def _say_usage(usage: Usage, budget: Budget, log: CallLog) -> None:
    tokens = usage.tokens
    line = f"{usage.calls} calls, {usage.reused} replies known from before, "
    line += f"{tokens.sent:,} tokens in and {tokens.written:,} out"
    if budget.price_sent or budget.price_written:
        line += f", cost {budget.cost(tokens):.4f}, in all so far {budget.cost(log.spent):.4f}"
    typer.echo(line)
    if usage.faults:
        faults = ", ".join(f"{count} {fault}" for fault, count in sorted(usage.faults.items()))
        typer.echo(f"replies that could not be used: {faults}")
    for failure, count in usage.failures.items():
        typer.echo(f"calls that failed: {count} x {failure}")


def _from_graph(out: Path, name: str, framework: str, *, title: str, style: str, id: str) -> None:
    from graphtutor.blueprint.from_graph import domain_from_graph
    from graphtutor.blueprint.load import load_framework
    from graphtutor.graph.load import load_graph

    taken_apart = load_framework(framework)
    made = domain_from_graph(load_graph(name), taken_apart, title=title)
    changes = {"framework": framework}
    changes |= {"style": style} if style else {}
    changes |= {"domain": id} if id else {}
    _write(out, made.domain.model_copy(update=changes), taken_apart)
    for reason, count in made.left_out.items():
        typer.echo(f"left out: {count} entities: {reason}")


def _write(out: Path, domain: Domain, framework: Framework) -> None:
    from graphtutor.blueprint.save import domain_yaml
    from graphtutor.cli.blueprint_domain import counts
    from graphtutor.io.atomic import write_text

    write_text(out, domain_yaml(domain, framework))
    typer.echo(f"Wrote {out}: {counts(domain)}")
    typer.echo(f"Next: graphtutor blueprint check {out}")
