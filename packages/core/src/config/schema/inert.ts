import { anything, boolean, duration, integer, type Kind, text } from '../kinds.ts';
import { type Leaf, leaf } from './node.ts';

/** A key of Beyla whose value is checked and that has no effect here. */
export function inert<T>(kind: Kind<T>, meaning: string, why: string, env?: string): Leaf {
  return leaf(kind, meaning, env === undefined ? { inert: why } : { inert: why, env });
}

export const inertFlag = (meaning: string, why: string, env?: string): Leaf => inert(boolean, meaning, why, env);
export const inertCount = (meaning: string, why: string, env?: string): Leaf => inert(integer(0), meaning, why, env);
export const inertText = (meaning: string, why: string, env?: string): Leaf => inert(text, meaning, why, env);
export const inertDuration = (meaning: string, why: string, env?: string): Leaf => inert(duration(), meaning, why, env);
/** A whole part of Beyla that this library does not have; what is in it is not looked into. */
export const inertPart = (meaning: string): Leaf => leaf(anything, meaning, { inert: NOT_YET });

export const NOT_YET = 'this library does not have it yet';
