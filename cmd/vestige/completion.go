package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help teaches the command.
func (completionCmd) Help() string {
	return `Prints a script that completes commands and flags.

Example:
  source <(vestige completion bash)
  vestige completion fish > ~/.config/fish/completions/vestige.fish`
}

// Run carries the command out.
func (x completionCmd) Run(c *call, k *kong.Context) error {
	words := map[string][]string{}
	collect(k.Model.Node, "", words)
	switch x.Shell {
	case "bash":
		c.printf("%s", bash(words))
	case "zsh":
		c.printf("autoload -U +X bashcompinit && bashcompinit\n%s", bash(words))
	default:
		c.printf("%s", fish(k.Model.Node))
	}
	return nil
}

// collect gathers what can follow each chain of commands.
func collect(n *kong.Node, path string, words map[string][]string) {
	for _, f := range n.AllFlags(true) {
		for _, g := range f {
			words[path] = append(words[path], "--"+g.Name)
		}
	}
	for _, child := range n.Children {
		if child.Hidden || child.Type != kong.CommandNode {
			continue
		}
		words[path] = append(words[path], child.Name)
		collect(child, strings.TrimSpace(path+" "+child.Name), words)
	}
	slices.Sort(words[path])
	words[path] = slices.Compact(words[path])
}

func bash(words map[string][]string) string {
	var paths []string
	for p := range words {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	var b strings.Builder
	b.WriteString("_vestige() {\n  local cur=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" w\n  for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"$w\" in -*) ;; *) path=\"${path:+$path }$w\" ;; esac\n  done\n  local words\n  while :; do\n    case \"$path\" in\n")
	for _, p := range paths {
		fmt.Fprintf(&b, "      %q) words=%q; break ;;\n", p, strings.Join(words[p], " "))
	}
	b.WriteString("    esac\n    case \"$path\" in *' '*) path=\"${path% *}\" ;; *) path=\"\" ;; esac\n  done\n  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\") $(case \"$cur\" in -*) ;; *) compgen -f -- \"$cur\" ;; esac))\n}\ncomplete -o filenames -F _vestige vestige\n")
	return b.String()
}

func fish(root *kong.Node) string {
	var b strings.Builder
	for _, f := range root.Flags {
		fmt.Fprintf(&b, "complete -c vestige -l %s -d %q\n", f.Name, f.Help)
	}
	for _, child := range root.Children {
		if child.Hidden {
			continue
		}
		fmt.Fprintf(&b, "complete -c vestige -n __fish_use_subcommand -a %s -d %q\n", child.Name, child.Help)
		for _, f := range child.Flags {
			fmt.Fprintf(&b, "complete -c vestige -n '__fish_seen_subcommand_from %s' -l %s -d %q\n", child.Name, f.Name, f.Help)
		}
		for _, sub := range child.Children {
			if sub.Type == kong.CommandNode {
				fmt.Fprintf(&b, "complete -c vestige -n '__fish_seen_subcommand_from %s' -a %s -d %q\n", child.Name, sub.Name, sub.Help)
			}
		}
	}
	return b.String()
}
