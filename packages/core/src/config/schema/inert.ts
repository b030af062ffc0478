import { anything, boolean, duration, integer, type Kind, text } from '../kinds.ts';
import { type Leaf, leaf } from './node.ts';

/** A key of Beyla whose value is checked and that has no effect here. */
export function inert<T>(kind: Kind<T>, meaning: string, why: string, env?: string): Leaf {
  return leaf(kind, meaning, env === undefined ? { inert: why } : { inert: why, env });
}

export const inertCount = (meaning: string, why: string, env?: string): Leaf => inert(integer(0), meaning, why, env);
export const inertText = (meaning: string, why: string, env?: string): Leaf => inert(text, meaning, why, env);
export const inertDuration = (meaning: string, why: string, env?: string): Leaf => inert(duration(), meaning, why, env);
/** A whole part of Beyla that this library does not have; what is in it is not looked into. */
export const inertPart = (meaning: string, why: string): Leaf => leaf(anything, meaning, { inert: why });

/** Something that never happens here: who turns it off has what they want, who turns it on is told. */
export const neverFlag = (meaning: string, why: string, env?: string): Leaf => oneWay(true, meaning, why, env);
/** Something that always happens here: who turns it on has what they want, who turns it off is told. */
export const alwaysFlag = (meaning: string, why: string, env?: string): Leaf => oneWay(false, meaning, why, env);

function oneWay(ineffective: boolean, meaning: string, why: string, env: string | undefined): Leaf {
  return leaf(boolean, meaning, {
    caveat: (value) => (value === ineffective ? `no effect: ${why}` : undefined),
    limits: `\`${ineffective}\` has no effect: ${why}`,
    ...(env === undefined ? {} : { env }),
  });
}

export const NO_KUBERNETES =
  'this version does not ask Kubernetes, so names of pods, owners and namespaces are not known';
