# Completes punchline in fish. Names of friends, labs and hosts, and the words of codes come from
# the program itself, when they are needed. Nothing that it prints is evaluated.

# Reads the words before the cursor: which command it is, and how many words stand behind that.
function __punchline_read
    set -l line (commandline -cp)
    if set -q __punchline_line; and test "$__punchline_line" = "$line"
        return
    end
    set -g __punchline_line "$line"
    set -l words (commandline -opc)
    # A variable may be set in front of the program.
    while string match -qr '^\w+=' -- "$words[1]"
        set -e words[1]
    end
    set -e words[1]
    set -g __punchline_called ''
    set -g __punchline_position 1
    set -g __punchline_last ''
    set -g __punchline_is_first (test (count $words) -eq 0; and echo 1; or echo 0)
    set -l both "$words[1] $words[2]"
    if contains -- $both (__punchline_inner)
        set __punchline_called $both
        set -e words[1..2]
    else if contains -- "$words[1]" (__punchline_outer)
        set __punchline_called $words[1]
        set -e words[1]
        __punchline_stand_for "$words[1]"
    end
    set -l valued (__punchline_valued $__punchline_called)
    set -l is_value 0
    set -l has_ended 0
    for word in $words
        set __punchline_last $word
        if test $is_value = 1
            set is_value 0
        else if test $has_ended = 1; or not string match -qr -- '^-.' "$word"
            set __punchline_position (math $__punchline_position + 1)
        else if test "$word" = --
            set has_ended 1
        else if contains -- $word $valued
            set is_value 1
        end
    end
end

# `friends` and `workshop` alone are a list, and `workshop 3` starts an exercise.
function __punchline_stand_for
    contains -- $__punchline_called friends workshop; or return
    if string match -q -- '-*' "$argv[1]"; or begin
            test -z "$argv[1]"; and string match -q -- '-*' (commandline -ct)
        end
        set __punchline_called "$__punchline_called list"
    else if test $__punchline_called = workshop -a -n "$argv[1]"
        set __punchline_called 'workshop start'
    end
end

# Whether it is one of these commands.
function __punchline_at
    __punchline_read
    contains -- "$__punchline_called" $argv
end

# Whether the word of this number stands at the cursor, or a later one if that is wanted.
function __punchline_word
    __punchline_at $argv[1]; or return
    if set -q argv[3]
        test $__punchline_position -ge $argv[2]
    else
        test $__punchline_position -eq $argv[2]
    end
end

# Whether nothing stands before the cursor. A command can only stand first.
function __punchline_first
    __punchline_at ''; and test $__punchline_is_first = 1
end

# What is typed of a word, or of a value behind an equals sign.
function __punchline_typed
    set -l token (commandline -ct)
    string replace -r -- '^--[a-z-]+=' '' "$token"
end

function __punchline_ask
    command punchline __complete $argv 2>/dev/null </dev/null
end

function __punchline_friend
    __punchline_ask friends
end

function __punchline_lab
    __punchline_ask labs
end

function __punchline_host
    __punchline_read
    __punchline_ask hosts "$__punchline_last"
end

function __punchline_site
    __punchline_read
    __punchline_ask sites "$__punchline_last"
end

# NUMBER-word-word. The program is asked for all words, and does not learn what was typed.
function __punchline_code
    set -l typed (__punchline_typed)
    string match -qr '^[1-9][0-9]*-([a-z]+-)?[a-z]+$' -- "$typed"; or return
    set -q __punchline_code_words[1]; or set -g __punchline_code_words (__punchline_ask words)
    set -l start (string replace -r -- '-[a-z]+$' '' $typed)
    set -l found (string match -- (string replace -r -- '.*-' '' $typed)'*' $__punchline_code_words)
    set -q found[1]; or return
    if string match -q -- '*-*' $start
        printf '%s\n' $start-$found
    else
        printf '%s\n' $start-$found-
    end
end

function __punchline_peer
    if string match -qr '^[0-9]' -- (__punchline_typed)
        __punchline_code
    else
        __punchline_friend
    end
end

# What was typed up to the last of these characters, in front of each word.
function __punchline_behind
    set -l typed (__punchline_typed)
    printf '%s\n' (string replace -r -- "[^$argv[1]]*\$" '' $typed)$argv[2..]
end

function __punchline_list
    __punchline_behind , $argv
end

function __punchline_new_site
    set -l typed (__punchline_typed)
    switch "$typed"
        case '*,*'
            __punchline_behind , $__punchline_site_options
        case '*/*'
            __punchline_behind / $__punchline_site_later
        case '*'
            __punchline_behind =: $__punchline_site_first
    end
end

function __punchline_new_pair
    set -l typed (__punchline_typed)
    set -l end (string replace -r -- '.*:' '' $typed)
    switch "$end"
        case '*,*'
            __punchline_behind , $__punchline_site_options
        case '*/*'
            __punchline_behind / $__punchline_site_later
        case '*'
            __punchline_behind : $__punchline_site_first
    end
end

function __punchline_folders
    __fish_complete_directories (__punchline_typed) ''
end
