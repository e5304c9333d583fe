export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

/** How each shell comes to know what `mlpackage completion` prints, in lines of less than 80 columns. */
export const INSTALLING = `To have it in every new shell:

  bash  in ~/.bashrc:
        source <(mlpackage completion bash)
  zsh   in ~/.zshrc, after compinit:
        source <(mlpackage completion zsh)
  fish  once:
        mlpackage completion fish > ~/.config/fish/completions/mlpackage.fish

bash-completion and zsh load it when it is needed if it lies in a folder of
theirs, such as ~/.local/share/bash-completion/completions/mlpackage or, in one
of $fpath, _mlpackage.`;
