#compdef punchline
# Completes punchline in zsh. Names of friends, labs and hosts, and the words of codes come from
# the program itself, when they are needed. Nothing that it prints is evaluated.

_punchline() {
    local called='' at=1 first='' second=''
    if ((CURRENT > 2)); then
        first=${words[2]}
    fi
    if ((CURRENT > 3)); then
        second=${words[3]}
    fi
    _punchline_command "$first" "$second"
    # `friends` and `workshop` alone are a list, and `workshop 3` starts an exercise.
    case $called in
        friends | workshop)
            if [[ $second == -* || ( -z $second && $PREFIX == -* ) ]]; then
                called="$called list"
            elif [[ $called == workshop && -n $second ]]; then
                called='workshop start'
            fi
            ;;
    esac
    # What follows sees the words of the command alone.
    words=("${words[1]}" "${(@)words[at+1,-1]}")
    ((CURRENT -= at - 1))
    _punchline_arguments
}

_punchline_words() {
    compadd -S '' -- "${(@M)@:#*=}"
    compadd -- "${(@)@:#*=}"
}

_punchline_list() {
    compset -P '*,'
    compadd -q -S , -- "$@"
}

# Puts the names that the program knows into `names`.
_punchline_ask() {
    names=("${(@f)$(command punchline __complete "$@" 2>/dev/null </dev/null)}")
    names=("${(@)names:#}")
}

_punchline_names() {
    local -a names
    _punchline_ask "$@"
    compadd -- "${names[@]}"
}

_punchline_friend() {
    _punchline_names friends
}

_punchline_lab() {
    _punchline_names labs
}

_punchline_host() {
    _punchline_names hosts "${(Q)words[CURRENT-1]}"
}

_punchline_site() {
    _punchline_names sites "${(Q)words[CURRENT-1]}"
}

# NUMBER-word-word. The program is asked for all words, and does not learn what was typed.
_punchline_code() {
    local MATCH MBEGIN MEND
    local -a match mbegin mend names
    if [[ ! $PREFIX =~ '^[1-9][0-9]*-([a-z]+-)?[a-z]+$' ]]; then
        return 1
    fi
    if ((${#_punchline_code_words} == 0)); then
        _punchline_ask words
        typeset -ga _punchline_code_words=("${names[@]}")
    fi
    local end=${PREFIX##*-} start=${PREFIX%-*}
    local -a found=("${(@M)_punchline_code_words:#${end}*}")
    if [[ $start == *-* ]]; then
        compadd -- "${start}-${(@)^found}"
    else
        compadd -S '' -- "${start}-${(@)^found}-"
    fi
}

_punchline_peer() {
    if [[ $PREFIX == [0-9]* ]]; then
        _punchline_code
    else
        _punchline_friend
    fi
}

# A command can only stand first.
_punchline_first() {
    if ((CURRENT == 2)); then
        "$1"
    fi
    _punchline_peer
}

_punchline_new_site() {
    if compset -P '*,'; then
        _punchline_words "${_punchline_site_options[@]}"
    elif compset -P '*/'; then
        _punchline_words "${_punchline_site_later[@]}"
    else
        compset -P '*='
        _punchline_words "${_punchline_site_first[@]}"
    fi
}

_punchline_new_pair() {
    compset -P '*:'
    _punchline_new_site
}

# A path, or last the other side.
_punchline_things() {
    _files
    _punchline_peer
}
