/** What Sarraf needs of a Temporal namespace: that it exists, and its search attributes. */
import type { Connection } from '@temporalio/client';

/** The kinds of the server's `IndexedValueType`, with its numbers. */
const INDEXED_VALUE_TYPE = {
  Text: 1,
  Keyword: 2,
  Int: 3,
  Double: 4,
  Bool: 5,
  Datetime: 6,
  KeywordList: 7,
} as const;

export type SearchAttributeType = keyof typeof INDEXED_VALUE_TYPE;
export type SearchAttributes = Readonly<Record<string, SearchAttributeType>>;

/** The names that the namespace lacks. Throws when there is no such namespace. */
export async function missingSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: SearchAttributes,
): Promise<string[]> {
  await connection.workflowService.describeNamespace({ namespace });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.keys(wanted).filter((name) => customAttributes?.[name] === undefined);
}

/**
 * Adds the search attributes that a namespace lacks and returns their names. For servers that are not ours;
 * throws when the namespace does not exist or the server does not let us.
 */
export async function addSearchAttributes(
  connection: Connection,
  namespace: string,
  wanted: SearchAttributes,
): Promise<string[]> {
  const missing = await missingSearchAttributes(connection, namespace, wanted);
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(
      missing.map((name) => [name, INDEXED_VALUE_TYPE[wanted[name] ?? 'Keyword']]),
    );
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  }
  return missing;
}
