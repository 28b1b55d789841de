export interface Piece {
  text: string;
  mark: "same" | "only";
}

/** ``right`` cut into words and gaps, with what ``left`` does not have marked (longest common row). */
export function wordDiff(left: string, right: string): Piece[] {
  const before = left.match(/\s+|[^\s]+/g) ?? [];
  const after = right.match(/\s+|[^\s]+/g) ?? [];
  const [rows, columns] = [before.length, after.length];
  if (rows * columns > 4_000_000) return [{ text: right, mark: "same" }];
  const width = columns + 1;
  const table = new Uint16Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      table[i * width + j] =
        before[i] === after[j]
          ? table[(i + 1) * width + j + 1]! + 1
          : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
    }
  }
  const pieces: Piece[] = [];
  const push = (text: string, mark: Piece["mark"]): void => {
    const last = pieces[pieces.length - 1];
    if (last && last.mark === mark) last.text += text;
    else pieces.push({ text, mark });
  };
  let [i, j] = [0, 0];
  while (j < columns) {
    if (i < rows && before[i] === after[j]) {
      push(after[j]!, "same");
      i++;
      j++;
    } else if (i < rows && table[(i + 1) * width + j]! > table[i * width + j + 1]!) i++;
    else push(after[j++]!, "only");
  }
  return pieces;
}
