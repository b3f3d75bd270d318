/** CSV as RFC 4180 has it: quotes around fields, doubled quotes inside, CRLF or LF, a byte-order mark tolerated. */

export interface CsvRow {
  /** Line in the file on which the row begins, from 1, for messages. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Throws SyntaxError with the line of a quote that is never closed. Empty lines are skipped. */
export function parseCsv(text: string): readonly CsvRow[] {
  const rows: CsvRow[] = [];
  let fields: string[] = [];
  let field = '';
  let line = 1;
  let rowLine = 1;
  let quoteLine = 0;
  let isQuoted = false;
  let wasQuoted = false;
  const endRow = (): void => {
    fields.push(field);
    if (fields.length > 1 || field !== '' || wasQuoted) rows.push({ line: rowLine, fields });
    fields = [];
    field = '';
    wasQuoted = false;
  };
  for (let i = text.startsWith('\uFEFF') ? 1 : 0; i < text.length; i++) {
    const character = text[i]!;
    if (isQuoted) {
      if (character === '\n') line += 1;
      if (character !== '"') field += character;
      else if (text[i + 1] === '"') {
        field += '"';
        i += 1;
      } else isQuoted = false;
    } else if (character === '"' && field === '') {
      isQuoted = true;
      wasQuoted = true;
      quoteLine = line;
    } else if (character === ',') {
      fields.push(field);
      field = '';
    } else if (character === '\n' || (character === '\r' && text[i + 1] !== '\n')) {
      endRow();
      line += 1;
      rowLine = line;
    } else if (character !== '\r') field += character;
  }
  if (isQuoted) throw new SyntaxError(`the quote opened on line ${quoteLine} is never closed`);
  endRow();
  return rows;
}

/**
 * One CSV line without its line end. Text that a spreadsheet would run as a formula gets a leading apostrophe, because
 * file names and labels come from other people.
 */
export function csvLine(values: readonly (string | number | null)[]): string {
  return values.map((value) => {
    if (value === null) return '';
    if (typeof value === 'number') return String(value);
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(',');
}
