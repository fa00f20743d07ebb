/** What a page of the operations area is made of. A page says what it shows; the frame, the session and the errors are not its business. */
import type { Request, Response } from 'express';
import type { Mode } from '../../db/merchants.ts';
import type { Operator, Role } from '../../db/operators.ts';
import type { Html } from '../../pages/html.ts';
import type { Field } from '../../pages/look/components.ts';
import type { KeyCache } from '../auth.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { AccountFinder } from '../provider-accounts.ts';

/** Whose objects are shown. */
export interface Scope {
  /** Null: of all merchants. */
  readonly merchant_id: string | null;
  readonly mode: Mode;
}

/** Somebody looks at a page, or has filled in its form. */
export interface Visit {
  /** Those that the operator may see. */
  readonly modes: readonly Mode[];
  readonly operator: Operator;
  readonly scope: Scope;
  readonly query: URLSearchParams;
  readonly params: Readonly<Record<string, string>>;
  readonly request: Request;
  readonly response: Response;
  /** When it was asked for, milliseconds: what a page shows is as new as that. */
  readonly asked_ms: number;
  /** For forms that a page has itself: a hidden `form_token`. */
  readonly form_token: string;
  /** An address of this area within the same scope. `query`: null and empty values are left out. */
  href(path: string, query?: Readonly<Record<string, string | null>>): string;
  /** True when the navigation has a page at this path. */
  has(path: string): boolean;
  /** True when the operator's role is this one or one that may do more. */
  may(role: Role): boolean;
}

export interface View {
  readonly title: string;
  readonly body: Html;
  /** What the page has to be read again for: names of `LiveSource`s, such as `invoices` or `invoices:inv_…`. */
  readonly topics?: readonly string[];
  readonly status?: number;
}

/** Where a page stands in the navigation. */
export interface NavEntry {
  readonly label: string;
  readonly path: string;
}

export interface OpsPage {
  /** An Express pattern below `/ops`. */
  readonly path: string;
  /** Its words in the navigation; null: it is reached from other pages. */
  readonly nav: string | null;
  /** Who may see it; without it everybody who has signed in. */
  readonly role?: Role;
  /** True: it is no merchant's, so whoever is bound to one does not see it. */
  readonly isOfInstallation?: true;
  /** Throws `Problem`. Null: it has answered by itself, with a file. */
  show(visit: Visit): Promise<View | null>;
}

/** What a person is asked before something is done. */
export interface Question {
  readonly title: string;
  /** What will happen, in full. */
  readonly text: Html;
  /** More to fill in; the reason is asked for by the frame. */
  readonly fields?: readonly Field[];
  /** Sent along unseen, such as the id that makes a repetition safe. */
  readonly hidden?: Readonly<Record<string, string>>;
  readonly button: { readonly label: string; readonly isDanger: boolean };
  /** Where to go instead. */
  readonly back: string;
  /** False: no reason is asked for. */
  readonly reason?: boolean;
}

/** What was filled in. */
export interface Answers {
  /** Why, in the person's words. Empty where none was asked for. */
  readonly reason: string;
  readonly form: URLSearchParams;
}

export interface Done {
  /** Shown on the next page. */
  readonly said: string;
  readonly tone: 'good' | 'busy';
  readonly href: string;
  /** Shown at once, and never again: what no address may lead to, such as a new key. */
  readonly once?: View;
}

/** Something that is done: GET asks, POST does it. Both throw `Problem`; one of POST is shown above what was filled in. */
export interface OpsAction {
  readonly path: string;
  readonly role: Role;
  /** What is sent is a file as it is: the other fields are in the address, and the form token in `Sarraf-Form`. */
  readonly takesFile?: boolean;
  ask(visit: Visit, filled: URLSearchParams): Promise<Question>;
  run(visit: Visit, answers: Answers): Promise<Done>;
}

/** What the process remembers of accounts and keys: changes made here are seen by it at once. */
export interface OpsDependencies extends ApiDependencies {
  readonly finder: AccountFinder;
  readonly keys: KeyCache;
}

/** One part of the area: its pages and actions. */
export type OpsPart = (dependencies: OpsDependencies) => {
  readonly pages: readonly OpsPage[];
  readonly actions: readonly OpsAction[];
};
