/** Upper-case names that neither shells nor programs take for anything but what they say; `LANGUAGE` may name a file of formats. */
const HARMLESS = /^(?:LANG|LC_[A-Z]+|TZ|TERM|COLUMNS|LINES|NO_COLOR|CLICOLOR|FORCE_COLOR|DEBIAN_FRONTEND|NODE_ENV|CI)$/;

/** Lower-case names that shells (zsh, csh) or programs mind. */
const MINDED = new Set(
  `path fpath cdpath manpath module_path mailpath fignore histchars prompt prompt2 prompt3 prompt4 watch psvar argv status
   options functions aliases galiases saliases dis_aliases commands parameters dirstack history signals modules builtins
   nameddirs userdirs reswords dis_functions dis_builtins zsh_eval_context funcstack keymaps widgets precmd_functions
   chpwd_functions preexec_functions periodic_functions zshexit_functions zshaddhistory_functions term home shell user cwd
   http_proxy https_proxy ftp_proxy all_proxy no_proxy rsync_proxy`.split(/\s+/),
);

/** True of a variable that changes what no program does: lower-case names are the shell's user's own. */
export function isHarmless(name: string): boolean {
  return HARMLESS.test(name) || (/^[a-z_][a-z0-9_]*$/.test(name) && !MINDED.has(name));
}

/** True where shells may take `value` for an expression, which may run commands (zsh's `COLUMNS='psvar[$(…)]'`); undefined is any. */
export function isComputed(name: string, value: string | undefined): boolean {
  return (name === 'COLUMNS' || name === 'LINES') && (value === undefined || !/^\d{0,9}$/.test(value));
}
