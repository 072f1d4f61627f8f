# Completes punchline in bash. Names of friends, labs and hosts, and the words of codes come from
# the program itself, when they are needed. Nothing that it prints is evaluated.

_punchline() {
    COMPREPLY=()
    local words=() cur='' path='' at=1 position=1 pending='' lead='' ended='' options=() valued=''
    _punchline_split
    _punchline_find
    if [[ -n $pending ]]; then
        _punchline_value "${path:-chat}" "$pending"
    elif [[ -z $ended && $cur == --*=* ]]; then
        pending=${cur%%=*}
        lead=$pending=
        cur=${cur#*=}
        _punchline_value "${path:-chat}" "$pending"
    elif [[ -z $ended && $cur == -* ]]; then
        _punchline_words "${options[@]}"
    else
        _punchline_word "$path" "$position"
    fi
    _punchline_fit
}

# Puts the words up to the cursor into `words`, and the last one of them into `cur`. Readline has split them at = : @ too.
_punchline_split() {
    local line=${COMP_LINE:0:COMP_POINT} gap piece i count=0
    for ((i = 0; i <= COMP_CWORD; i++)); do
        gap=${line%%[![:space:]]*}
        line=${line#"$gap"}
        piece=${COMP_WORDS[i]}
        if [[ $line != "$piece"* ]]; then
            piece=$line
        fi
        line=${line#"$piece"}
        if ((i > 0)) && [[ -z $gap ]]; then
            words[count - 1]=${words[count - 1]}$piece
        else
            words[count]=$piece
            count=$((count + 1))
        fi
    done
    cur=${words[count - 1]}
    unset "words[count-1]"
}

# Finds the command, the option whose value stands at the cursor, and how many words stand before it.
_punchline_find() {
    local first=${words[1]-} second=${words[2]-} word i
    _punchline_command "$first" "$second"
    # `friends` and `workshop` alone are a list, and `workshop 3` starts an exercise.
    case $path in
        friends | workshop)
            if [[ $second == -* || ( -z $second && $cur == -* ) ]]; then
                path="$path list"
            elif [[ $path == workshop && -n $second ]]; then
                path='workshop start'
            fi
            ;;
    esac
    _punchline_options "${path:-chat}"
    for ((i = at; i < ${#words[@]}; i++)); do
        word=${words[i]}
        if [[ -n $pending ]]; then
            pending=''
        elif [[ -n $ended || $word != -?* ]]; then
            position=$((position + 1))
        elif [[ $word == -- ]]; then
            ended=1
        elif [[ $valued == *" $word "* ]]; then
            pending=$word
        fi
    done
}

# Keeps what readline replaces: the part of each completion behind the last = : or @, if words end there.
_punchline_fit() {
    local breaks=${COMP_WORDBREAKS//[!=:@]/} whole=$lead$cur part i
    if [[ -n $breaks && $whole == *["$breaks"]* ]]; then
        part=${whole%"${whole##*["$breaks"]}"}
        for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
            COMPREPLY[i]=${COMPREPLY[i]#"$part"}
        done
    fi
    if ((${#COMPREPLY[@]} == 1)) && [[ ${COMPREPLY[0]} == *[-=/,:] ]]; then
        _punchline_compopt -o nospace
    fi
}

# Bash 3 has no compopt. There, names of files come where nothing else fits.
_punchline_compopt() {
    if type compopt >/dev/null 2>&1; then
        compopt "$@" 2>/dev/null
    fi
}

_punchline_offer() {
    local word
    for word; do
        if [[ $word == "$cur"* ]]; then
            COMPREPLY[${#COMPREPLY[@]}]=$lead$word
        fi
    done
}

_punchline_nothing() {
    _punchline_compopt +o default
}

_punchline_words() {
    _punchline_nothing
    _punchline_offer "$@"
}

# Behind the last of these characters, one of the words.
_punchline_behind() {
    local marks=$1 end
    shift
    end=${cur##*["$marks"]}
    lead=$lead${cur%"$end"}
    cur=$end
    _punchline_words "$@"
}

_punchline_list() {
    _punchline_behind , "$@"
}

# Readline completes and quotes the names of files by itself, where nothing is offered.
_punchline_files() {
    _punchline_compopt -o default
}

_punchline_folders() {
    _punchline_compopt +o default -o dirnames
}

# Puts the names that the program knows into `names`. It leaves out what would mean something to a shell, and so is none.
_punchline_ask() {
    local name
    names=()
    while IFS= read -r name; do
        case $name in
            '' | *[]\ \"\'\`\\\$\;\&\|\<\>\(\)\{\}\*\?\[\#\~\!/=:]* | *[[:cntrl:]]*) ;;
            *) names[${#names[@]}]=$name ;;
        esac
    done < <(command punchline __complete "$@" 2>/dev/null </dev/null)
}

_punchline_names() {
    local names
    _punchline_ask "$@"
    _punchline_words "${names[@]}"
}

_punchline_friend() {
    _punchline_names friends
}

_punchline_lab() {
    _punchline_names labs
}

_punchline_host() {
    _punchline_names hosts "${words[${#words[@]} - 1]}"
}

_punchline_site() {
    _punchline_names sites "${words[${#words[@]} - 1]}"
}

# NUMBER-word-word. The program is asked for all words, and does not learn what was typed.
_punchline_code() {
    _punchline_nothing
    if [[ ! $cur =~ ^[1-9][0-9]*-([a-z]+-)?[a-z]+$ ]]; then
        return
    fi
    if ((${#_punchline_code_words[@]} == 0)); then
        local names
        _punchline_ask words
        _punchline_code_words=("${names[@]}")
    fi
    local end=${cur##*-} start=${cur%-*} word behind=-
    if [[ $start == *-* ]]; then
        behind=
    fi
    for word in "${_punchline_code_words[@]}"; do
        if [[ $word == "$end"* ]]; then
            COMPREPLY[${#COMPREPLY[@]}]=$lead$start-$word$behind
        fi
    done
}

_punchline_peer() {
    if [[ $cur == [0-9]* ]]; then
        _punchline_code
    else
        _punchline_friend
    fi
}

# A command can only stand first.
_punchline_first() {
    if ((${#words[@]} == 1)); then
        _punchline_words "$@"
    fi
    _punchline_peer
}

_punchline_new_site() {
    case $cur in
        *,*) _punchline_behind , "${_punchline_site_options[@]}" ;;
        */*) _punchline_behind / "${_punchline_site_later[@]}" ;;
        *) _punchline_behind = "${_punchline_site_first[@]}" ;;
    esac
}

_punchline_new_pair() {
    local end=${cur##*:}
    lead=$lead${cur%"$end"}
    cur=$end
    _punchline_new_site
}

# A path, or last the other side.
_punchline_things() {
    local file
    _punchline_peer
    if ((${#COMPREPLY[@]} == 0)); then
        _punchline_files
    elif type compopt >/dev/null 2>&1 && ! shopt -q failglob; then
        _punchline_compopt -o filenames
        for file in "$cur"*; do
            if [[ -e $file || -L $file ]]; then
                COMPREPLY[${#COMPREPLY[@]}]=$file
            fi
        done
    fi
}
