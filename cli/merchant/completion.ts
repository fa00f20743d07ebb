/** `sarraf completion <shell>`: what the shell offers after Tab, made from the commands that there are. */
import { Argument, type Command } from 'commander';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof SHELLS)[number];

/** Adds the command to the program; it has to come last. */
export function addCompletion(program: Command): void {
  program
    .command('completion')
    .description('prints what completes commands and options in your shell')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText(
      'after',
      `
  bash: sarraf completion bash > ~/.local/share/bash-completion/completions/sarraf
  zsh:  sarraf completion zsh > ~/.zfunc/_sarraf        (with fpath+=~/.zfunc before compinit)
  fish: sarraf completion fish > ~/.config/fish/completions/sarraf.fish`,
    )
    .action((shell: Shell) => console.log(SCRIPTS[shell](wordsOf(program))));
}

/** For a place among the commands (`invoices create`): the words that can follow. */
type Words = readonly { readonly path: string; readonly words: readonly string[] }[];

function wordsOf(command: Command, path: readonly string[] = [], inherited: readonly string[] = []): Words {
  const options = [...command.options.map(({ long }) => long ?? ''), ...inherited];
  const names = command.commands.map((each) => each.name());
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
  return [
    {
      path: path.join(' '),
      words: [...names, ...choices, ...options, '--help'].filter((word) => word !== ''),
    },
    ...command.commands.flatMap((each) => wordsOf(each, [...path, each.name()], options)),
  ];
}

/** The longest path first: what follows a command counts, not what follows its group. */
const byLength = (words: Words): Words => [...words].sort((a, b) => b.path.length - a.path.length);

const cases = (words: Words): string =>
  byLength(words)
    .map(({ path, words: list }) => `    "${path}"*) words="${list.join(' ')}" ;;`)
    .join('\n');

const SCRIPTS: Readonly<Record<Shell, (words: Words) => string>> = {
  bash: (words) => `_sarraf() {
  local path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == -* ]] || path="\${path:+$path }$word"
  done
  case "$path" in
${cases(words)}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _sarraf -o default sarraf`,
  zsh: (words) => `#compdef sarraf
_sarraf() {
  local path_="" word words_=""
  for word in "\${(@)words[2,CURRENT-1]}"; do
    [[ $word == -* ]] || path_="\${path_:+$path_ }$word"
  done
  case "$path_" in
${cases(words).replaceAll('words=', 'words_=')}
  esac
  compadd -- \${=words_}
}
compdef _sarraf sarraf`,
  fish: (words) => `function __sarraf_words
  set -l path
  for word in (commandline -opc)[2..]
    string match -q -- '-*' $word; or set -a path $word
  end
  switch "$path"
${byLength(words)
  .map(({ path, words: list }) => `    case '${path}*'\n      printf '%s\\n' ${list.join(' ')}`)
  .join('\n')}
  end
end
complete -c sarraf -f -a '(__sarraf_words)'`,
};
