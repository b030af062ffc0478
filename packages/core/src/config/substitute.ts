const REFERENCE = /\$(\$\{[^}]*\})|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * The variables a configuration may refer to; `process.env` is one.
 *
 * @public
 */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Puts variables in place of `${NAME}` and `${NAME:-default}`; `$${NAME}` stands for the text `${NAME}`. A variable that is not set and has no
 * default is empty. What a variable holds is not looked at again.
 */
export function substitute(text: string, env: Environment): string {
  if (!text.includes('${')) return text;
  return text.replace(REFERENCE, (_, escaped: string | undefined, name: string, fallback: string | undefined) => {
    if (escaped !== undefined) return escaped;
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    return value === undefined || value === '' ? (fallback ?? '') : value;
  });
}
