/** Which languages have another language server: VS Code does not say, so the extensions that bring one are listed here. */

const script = ["javascript", "javascriptreact", "typescript", "typescriptreact"];

/** Extension id, in lower case → the languages in which it goes to definitions. */
const languagesOf: Readonly<Record<string, readonly string[]>> = {
  "astral-sh.ty": ["python"],
  "bmewburn.vscode-intelephense-client": ["php"],
  "castwide.solargraph": ["ruby"],
  "ccls-project.ccls": ["c", "cpp"],
  "denoland.vscode-deno": script,
  "detachhead.basedpyright": ["python"],
  "devsense.phptools-vscode": ["php"],
  "fwcd.kotlin": ["kotlin"],
  "georgewfraser.vscode-javac": ["java"],
  "golang.go": ["go"],
  "jetbrains.kotlin": ["kotlin"],
  "llvm-vs-code-extensions.vscode-clangd": ["c", "cpp"],
  "mads-hartmann.bash-ide-vscode": ["shellscript"],
  "meta.pyrefly": ["python"],
  "ms-dotnettools.csharp": ["csharp"],
  "ms-pyright.pyright": ["python"],
  "ms-python.python": ["python"],
  "ms-python.vscode-pylance": ["python"],
  "ms-vscode.cpptools": ["c", "cpp"],
  "muhammad-sammy.csharp": ["csharp"],
  "oracle.oracle-java": ["java"],
  "redhat.java": ["java"],
  "rust-lang.rust-analyzer": ["rust"],
  "shopify.ruby-lsp": ["ruby"],
  "sorbet.sorbet-vscode-extension": ["ruby"],
  "sumneko.lua": ["lua"],
  "vscode.typescript-language-features": script,
};

/** Returns the languages that have another server, sorted. `extensions` are the ids of those that are enabled. */
export function languagesWithServer(extensions: readonly string[]): string[] {
  return [...new Set(extensions.flatMap((id) => languagesOf[id.toLowerCase()] ?? []))].sort();
}
