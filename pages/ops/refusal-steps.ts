/** Why a webhook was refused, check by check, and what to do about it. */
import { html, type Html } from '../html.ts';
import { badge, notice } from '../look/components.ts';

export type Refusal = 'missing_signature' | 'bad_signature' | 'stale_timestamp' | 'wrong_account';

interface Step {
  readonly text: string;
  readonly result: 'passed' | 'failed' | 'not told';
}

const CHECKS: readonly { readonly reason: Refusal; readonly text: string }[] = [
  { reason: 'missing_signature', text: 'The request brings what this provider proves itself with.' },
  {
    reason: 'stale_timestamp',
    text: 'It was signed a moment ago, so that nobody can send an old one again.',
  },
  {
    reason: 'bad_signature',
    text: 'The proof was made over exactly these bytes with the secret of this account, the present one or one that a rotation has left valid.',
  },
  { reason: 'wrong_account', text: 'It is about this account and no other one of the provider.' },
];

const ADVICE: Readonly<Record<Refusal, string>> = {
  missing_signature:
    'Providers always send a proof, so this was most likely somebody else: a scanner or a try by hand. If it was the provider, see whether something in front of Sarraf takes headers away.',
  bad_signature:
    'Compare the secret with the one in the provider’s dashboard: one that was changed on one side only looks like this. Where it is right, see whether something in front of Sarraf changes the body; else it was forged.',
  stale_timestamp:
    'See whether the clock of this machine is right. If it is, somebody has sent an old webhook again, which does nothing.',
  wrong_account:
    'The provider calls the address of another account. Compare the addresses that are registered there with those on the provider’s page here.',
};

/** The checks of a refused webhook. What is kept tells of the check that failed; others are said to be passed only where that is certain. */
export function refusalSteps(reason: Refusal): Html {
  const steps: Step[] = [
    { text: 'The address names an account that is linked here.', result: 'passed' },
    ...CHECKS.map(({ reason: of, text }): Step => ({
      text,
      result:
        of === reason
          ? 'failed'
          : of === 'missing_signature' || (reason === 'wrong_account' && of !== 'wrong_account')
            ? 'passed'
            : 'not told',
    })),
  ];
  return html`<ol class="steps">
      ${steps.map(
        ({ text, result }) =>
          html`<li>
            <span>${resultBadge(result)}</span>
            <span>${text}</span>
          </li>`,
      )}
    </ol>
    ${notice('info', { title: 'What to do', text: ADVICE[reason] })}`;
}

function resultBadge(result: Step['result']): Html {
  if (result === 'not told') return badge(result);
  return badge(result, result === 'passed' ? 'good' : 'bad');
}
