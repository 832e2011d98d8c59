// The completion script for PowerShell: tables of the commands and options, and a completer that only looks things up in
// them. Names of files come from PowerShell itself, which quotes them.
import type { CompletedCommand, CompletedOption, Values } from "./completion.ts";

const HEAD = `# PowerShell completion of p2p. Load it with: p2p completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName p2p -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)`;

const COMPLETER = `  # Words that end before the cursor; the one at the cursor is being completed.
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
  $command = @($words | Where-Object { $commands.Contains($_) }) + '' | Select-Object -First 1
  $known = $options[$command]
  $previous = @('') + $words | Select-Object -Last 1
  $option = $known | Where-Object { $_.Flags -ccontains $previous -and $_.Kind -ne 'none' } | Select-Object -First 1
  $of = if ($option) { $option } else { $operands[$command] }
  if (-not $option -and $wordToComplete -like '-*') {
    foreach ($one in $known) {
      foreach ($flag in $one.Flags) {
        if ($flag.StartsWith($wordToComplete)) {
          [System.Management.Automation.CompletionResult]::new($flag, $flag, 'ParameterName', $one.Text)
        }
      }
    }
    return
  }
  switch ($of.Kind) {
    'choices' {
      foreach ($choice in $of.Choices -split ' ') {
        if ($choice.StartsWith($wordToComplete)) {
          $text = if ($commands.Contains($choice) -and -not $option) { $commands[$choice] } else { $choice }
          [System.Management.Automation.CompletionResult]::new($choice, $choice, 'ParameterValue', $text)
        }
      }
    }
    'file' { [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete) }
    'directory' {
      [System.Management.Automation.CompletionCompleters]::CompleteFilename($wordToComplete) |
        Where-Object { $_.ResultType -eq 'ProviderContainer' }
    }
  }
}`;

/** Returns the lines of the script; `options` are those that stand before a command. */
export function powershellLines(commands: readonly CompletedCommand[], options: readonly CompletedOption[]): string[] {
  const names = commands.map(({ name }) => name);
  const sites = [
    { name: "", options, operand: { kind: "choices", choices: names } satisfies Values },
    ...commands.map((command) => ({ name: command.name, options: command.options, operand: command.operand })),
  ];
  return [
    HEAD,
    "  $commands = [ordered]@{",
    ...commands.map(({ name, description }) => `    ${quoted(name)} = ${quoted(description)}`),
    "  }",
    "  $operands = @{",
    ...sites.map(({ name, operand }) => `    ${quoted(name)} = @{ ${fieldsOf(operand)} }`),
    "  }",
    "  $options = @{",
    ...sites.flatMap((site) => [
      `    ${quoted(site.name)} = @(`,
      ...site.options.map((option) => `      ${optionTable(option)}`),
      "    )",
    ]),
    "  }",
    COMPLETER,
  ];
}

function optionTable({ flags, description, value }: CompletedOption): string {
  return `@{ Flags = @(${flags.map(quoted).join(", ")}); Text = ${quoted(description)}; ${fieldsOf(value)} }`;
}

function fieldsOf(values: Values): string {
  const choices = values.kind === "choices" ? `; Choices = ${quoted(values.choices.join(" "))}` : "";
  return `Kind = ${quoted(values.kind)}${choices}`;
}

/** Quotes for PowerShell, where typographic single quotes end a string too. */
function quoted(text: string): string {
  return `'${text.replaceAll(/['\u2018-\u201b]/g, "$&$&")}'`;
}
