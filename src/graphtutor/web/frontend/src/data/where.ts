// The filter expressions of the table for exports; over HTTP the server reads the same ones.
//
//   right and not grounded and hop >= 4
//   phase in (sft, rsft) and reward < -1.5 or answer = null
//   id ~ "0001"

export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, unknown>>;
export type Test = (row: Row) => boolean;

/** The columns that an expression may name, with the field of a row that each stands for. */
export const COLUMNS: Readonly<Record<string, { field: string; kind: "text" | "flag" | "figure" }>> = {
  answer: { field: "answer", kind: "text" },
  coverage: { field: "coverage", kind: "figure" },
  cut: { field: "cut", kind: "flag" },
  grounded: { field: "grounded", kind: "flag" },
  hop: { field: "hop_len", kind: "figure" },
  i: { field: "i", kind: "figure" },
  id: { field: "ex_id", kind: "text" },
  length: { field: "tokens", kind: "figure" },
  phase: { field: "phase", kind: "text" },
  reward: { field: "reward", kind: "figure" },
  right: { field: "right", kind: "flag" },
  star: { field: "answer_star", kind: "text" },
  tier: { field: "tier", kind: "figure" },
  tokens: { field: "tokens", kind: "figure" },
  valid: { field: "valid", kind: "flag" },
};

interface Token {
  kind: "word" | "number" | "text" | "operator" | "mark" | "end";
  text: string;
  at: number;
}

const TOKEN =
  /\s*(?:([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?![\w.]))|("[^"]*"|'[^']*')|(<=|>=|!=|==|=|<|>|~)|([(),])|([A-Za-z_][\w.-]*))/y;
const KINDS = ["number", "text", "operator", "mark", "word"] as const;
const DEEPEST = 40;

export class WhereError extends Error {
  constructor(
    readonly wanted: string,
    readonly got: string,
    readonly at: number,
  ) {
    super(`wanted ${wanted}, got ${got}`);
  }
}

function tokens(source: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (source.slice(at).trim()) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (!match) {
      const rest = source.slice(at).trimStart();
      throw new WhereError("a column, a value or an operator", rest.slice(0, 20), source.length - rest.length);
    }
    const group = match.slice(1).findIndex((one) => one !== undefined);
    const text = match[group + 1]!;
    at += match[0].length;
    found.push({ kind: KINDS[group]!, text, at: at - text.length });
  }
  return [...found, { kind: "end", text: "the end", at: source.length }];
}

const ORDERS: Record<string, (a: Cell, b: Cell) => boolean> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a! < b!,
  "<=": (a, b) => a! <= b!,
  ">": (a, b) => a! > b!,
  ">=": (a, b) => a! >= b!,
};

/** One comparison. A value that is not recorded fits none but the one with null. */
function comparison(column: string, operator: string, value: Cell, at: number): Test {
  const { field, kind } = COLUMNS[column]!;
  const cell = (row: Row): Cell => (row[field] as Cell | undefined) ?? null;
  if (value === null) {
    if (operator === "=") return (row) => cell(row) === null;
    if (operator === "!=") return (row) => cell(row) !== null;
    throw new WhereError("= or != before null", operator, at);
  }
  if (kind === "text") {
    if (typeof value !== "string") {
      throw new WhereError("a text, in quotes where it is a number", String(value), at);
    }
    const low = value.toLowerCase();
    const fits =
      operator === "~"
        ? (text: Cell) => String(text).toLowerCase().includes(low)
        : (text: Cell) => ORDERS[operator]!(text, value);
    return (row) => cell(row) !== null && fits(cell(row));
  }
  if (operator === "~") throw new WhereError("=, !=, <, <=, > or >=", "~", at);
  if (kind === "flag") {
    if (operator !== "=" && operator !== "!=") throw new WhereError("= or !=", operator, at);
    const flag = value === 1 ? true : value === 0 ? false : value;
    if (typeof flag !== "boolean") throw new WhereError("true or false", String(value), at);
    return (row) => cell(row) !== null && ORDERS[operator]!(cell(row), flag);
  }
  // A column of figures alone: whether it is recorded.
  if (value === true && operator === "=") return (row) => cell(row) !== null;
  if (typeof value !== "number") throw new WhereError("a number", String(value), at);
  return (row) => cell(row) !== null && ORDERS[operator]!(cell(row), value);
}

/** Compile ``source``. Throws WhereError that says where it goes wrong. */
export function compileWhere(source: string): Test {
  const list = tokens(source);
  let place = 0;
  const peek = (): Token => list[place]!;
  const next = (): Token => list[place === list.length - 1 ? place : place++]!;
  const isWord = (word: string): boolean => peek().kind === "word" && peek().text.toLowerCase() === word;
  const mark = (text: string): void => {
    const token = next();
    if (token.kind !== "mark" || token.text !== text) throw new WhereError(`"${text}"`, token.text, token.at);
  };

  function value(): Cell {
    const token = next();
    if (token.kind === "number") return Number(token.text);
    if (token.kind === "text") return token.text.slice(1, -1);
    if (token.kind === "word") {
      const low = token.text.toLowerCase();
      if (low === "true" || low === "false") return low === "true";
      return low === "null" || low === "none" ? null : token.text;
    }
    throw new WhereError("a number, a text, true, false or null", token.text, token.at);
  }

  function item(depth: number): Test {
    const token = next();
    if (depth > DEEPEST) throw new WhereError("fewer parentheses", "too many", token.at);
    if (token.kind === "mark" && token.text === "(") {
      const inner = either(depth + 1);
      mark(")");
      return inner;
    }
    if (token.kind === "word" && token.text.toLowerCase() === "not") {
      const inner = item(depth + 1);
      return (row) => !inner(row);
    }
    if (token.kind !== "word" || !Object.hasOwn(COLUMNS, token.text)) {
      throw new WhereError(`a column (${Object.keys(COLUMNS).join(", ")})`, token.text, token.at);
    }
    if (peek().kind === "operator") {
      const operator = next().text;
      return comparison(token.text, operator === "==" ? "=" : operator, value(), token.at);
    }
    if (isWord("in")) {
      next();
      mark("(");
      const tests = [comparison(token.text, "=", value(), token.at)];
      while (peek().text === "," && peek().kind === "mark") {
        next();
        tests.push(comparison(token.text, "=", value(), token.at));
      }
      mark(")");
      return (row) => tests.some((test) => test(row));
    }
    if (COLUMNS[token.text]!.kind === "text") throw new WhereError("an operator", peek().text, peek().at);
    return comparison(token.text, "=", true, token.at);
  }

  function both(depth: number): Test {
    const parts = [item(depth)];
    while (isWord("and")) {
      next();
      parts.push(item(depth));
    }
    return (row) => parts.every((part) => part(row));
  }

  function either(depth: number): Test {
    const parts = [both(depth)];
    while (isWord("or")) {
      next();
      parts.push(both(depth));
    }
    return (row) => parts.some((part) => part(row));
  }

  const test = either(0);
  const last = next();
  if (last.kind !== "end") throw new WhereError("and, or, or the end", last.text, last.at);
  return test;
}
