/* completion.c - completion for bash and zsh, written from the table.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Nouns, verbs, flags and field names are in the script; branch numbers are asked of the daemon
 * while the person types, and left out when it does not answer.
 */
#include "cli.h"
#include "print.h"
#include "run.h"

#include <banyan/base/check.h>

#include <string.h>

static void put_nouns(FILE *to)
{
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        if (i == 0 || strcmp(commands[i].noun, commands[i - 1].noun) != 0) {
            fprintf(to, "%s%s", i > 0 ? " " : "", commands[i].noun);
        }
    }
}

static void put_verbs(FILE *to)
{
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        bool first = i == 0 || strcmp(commands[i].noun, commands[i - 1].noun) != 0;
        if (commands[i].verb[0] == '\0') {
            continue;
        }
        fprintf(to, first ? "    %s) words=\"" : "%s", first ? commands[i].noun : "");
        fprintf(to, "%s%s", first ? "" : " ", commands[i].verb);
        bool last = i + 1 == COMMANDS_COUNT ||
                    strcmp(commands[i + 1].noun, commands[i].noun) != 0;
        fputs(last ? "\" ;;\n" : "", to);
    }
}

static void put_flags(FILE *to, const command *which)
{
    size_t count = 0;
    const command_arg *args = command_args(which->id, &count);
    fprintf(to, "    \"%s\") words=\"", command_title(which));
    const char *gap = "";
    for (size_t i = 0; i < count; i++) {
        if (args[i].place == PLACE_FLAG) {
            fprintf(to, "%s--%s", gap, args[i].name);
            gap = " ";
        }
    }
    if (command_takes_fields(which)) {
        fprintf(to, "%s--set --clear --add --remove", gap);
        const bn_kind_def *customer = bn_schema_kind(BN_KIND_CUSTOMER);
        for (size_t i = 0; i < customer->fields_count && strcmp(which->noun, "customer") == 0;
             i++) {
            fprintf(to, " --%s", customer->fields[i].name);
        }
    }
    fputs("\" ;;\n", to);
}

static void put_kinds(FILE *to)
{
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "%s%s", i > 0 ? " " : "", kinds[i].name);
    }
}

static void put_kind_fields(FILE *to)
{
    size_t count = 0;
    const bn_kind_def *kinds = bn_schema_kinds(&count);
    for (size_t i = 0; i < count; i++) {
        fprintf(to, "    %s) words=\"$words", kinds[i].name);
        for (size_t n = 0; n < kinds[i].fields_count; n++) {
            fprintf(to, " --%s", kinds[i].fields[n].name);
        }
        fputs("\" ;;\n", to);
    }
}

/* A shell function that leaves in $words what may come next, given the words typed so far. */
static void put_function(FILE *to)
{
    fputs("_banyan_words() {\n  local noun=\"$1\" verb=\"$2\" kind=\"$3\" current=\"$4\" "
          "previous=\"$5\"\n  local title=\"$noun\"\n  words=\"\"\n",
          to);
    fputs("  if [ -z \"$noun\" ]; then\n    words=\"", to);
    put_nouns(to);
    fputs("\"\n    return\n  fi\n  if [ -z \"$verb\" ]; then\n    case \"$noun\" in\n", to);
    put_verbs(to);
    fputs("    esac\n    [ -n \"$words\" ] && return\n"
          "  else\n    title=\"$noun $verb\"\n  fi\n", to);
    fputs("  case \"$previous\" in\n    --kind) words=\"", to);
    put_kinds(to);
    fputs("\"; return ;;\n    --branch|--confirm) words=\"$(banyan branch list --jsonl --timeout 1 "
          "2>/dev/null |\n      sed -n 's/.*\"branch\":\"\\{0,1\\}\\([0-9]*\\).*/\\1/p')\"; return "
          ";;\n  esac\n",
          to);
    fputs("  if [ \"$noun\" = branch ] && [ \"${current#-}\" = \"$current\" ]; then\n"
          "    words=\"$(banyan branch list --jsonl --timeout 1 2>/dev/null |\n"
          "      sed -n 's/.*\"branch\":\"\\{0,1\\}\\([0-9]*\\).*/\\1/p')\"\n    return\n  fi\n",
          to);
    fputs("  if [ \"$noun\" = record ] && [ -z \"$kind\" ]; then\n    words=\"", to);
    put_kinds(to);
    fputs("\"\n    return\n  fi\n  case \"$title\" in\n", to);
    for (size_t i = 0; i < COMMANDS_COUNT; i++) {
        put_flags(to, &commands[i]);
    }
    fputs("  esac\n  case \"$title\" in \"record add\"|\"record edit\") case \"$kind\" in\n", to);
    put_kind_fields(to);
    fputs("  esac ;; esac\n  words=\"$words", to);
    for (size_t i = 0; i < GLOBALS_COUNT; i++) {
        fprintf(to, " --%s", globals[i].name);
    }
    fputs("\"\n}\n\n", to);
}

static void put_bash(FILE *to)
{
    fputs("# Completion of banyan for bash, from 'banyan completion bash'.\n", to);
    put_function(to);
    fputs("_banyan() {\n"
          "  local current=\"${COMP_WORDS[COMP_CWORD]}\" typed=() word words\n"
          "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
          "    case \"$word\" in -*) ;; *) typed+=(\"$word\") ;; esac\n"
          "  done\n"
          "  _banyan_words \"${typed[0]}\" \"${typed[1]}\" \"${typed[2]}\" \"$current\" "
          "\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
          "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "}\n"
          "complete -o default -F _banyan banyan\n",
          to);
}

static void put_zsh(FILE *to)
{
    fputs("#compdef banyan\n# Completion of banyan for zsh, from 'banyan completion zsh'.\n", to);
    put_function(to);
    /* `words` is zsh's own array of what was typed: kept aside while ours is made. */
    fputs("_banyan() {\n"
          "  local -a all typed\n"
          "  local here=$CURRENT word\n"
          "  all=(\"${words[@]}\")\n"
          "  for word in \"${all[@]:1:$((here - 2))}\"; do\n"
          "    case \"$word\" in (-*) ;; (*) typed+=(\"$word\") ;; esac\n"
          "  done\n"
          "  local words\n"
          "  _banyan_words \"${typed[1]}\" \"${typed[2]}\" \"${typed[3]}\" \"${all[$here]}\" "
          "\"${all[$((here - 1))]}\"\n"
          "  compadd -- ${=words}\n"
          "}\n"
          "compdef _banyan banyan\n",
          to);
}

int run_completion(cli *c, invocation *call)
{
    const char *shell = cli_value(call, "shell");
    if (strcmp(shell, "bash") == 0) {
        put_bash(c->out);
    } else if (strcmp(shell, "zsh") == 0) {
        put_zsh(c->out);
    } else {
        return cli_usage(c, SENTENCE(c, BAD_SHELL, shell), NULL);
    }
    return 0;
}
