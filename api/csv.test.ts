import { csvLine } from './csv.ts';

describe('a line of CSV', () => {
  it('quotes what would end a cell or a line, and leaves the rest alone', () => {
    expect(csvLine(['a', 1, null, true, 'b,c', 'say "no"', 'two\r\nlines', ''])).toBe(
      'a,1,,true,"b,c","say ""no""","two\r\nlines",\r\n',
    );
  });

  it.each(['=1+1', '+964', '-2', '@SUM(A1)', '\tx', '\rx'])('puts an apostrophe before %j', (text) => {
    const [cell] = csvLine([text]).split('\r\n').slice(0, 1);
    expect(csvLine([text])).toContain(`'${text}`);
    expect(cell).not.toMatch(/^[=+\-@\t]/);
  });

  it('leaves negative numbers that are numbers as they are', () => {
    expect(csvLine([-5])).toBe('-5\r\n');
  });
});
