# What .ci/run and .ci/deep share. To be sourced from the root of the repository.

# Everything that is built or installed stays inside the clone, and the steps share it.
export CARGO_TARGET_DIR="$PWD/target"
export PATH="$PWD/target/tools/bin:$PATH"
exec </dev/null

summary=()
skipped=0
current=

# step NAME COMMAND...: announces the step, runs it, and tells how long it took. A failure ends the script.
step() {
    current=$1
    shift
    printf '\n=== %s\n' "$current"
    local start=$SECONDS
    # Not in a condition: bash would ignore failures inside of functions.
    "$@"
    summary+=("$(printf 'passed   %4d s   %s' $((SECONDS - start)) "$current")")
    printf '=== %s: passed after %d s\n' "$current" $((SECONDS - start))
}

# skip NAME REASON
skip() {
    printf '\n=== %s: SKIPPED: %s\n' "$1" "$2"
    summary+=("$(printf 'SKIPPED           %s: %s' "$1" "$2")")
    skipped=$((skipped + 1))
}

summarise() {
    local status=$?
    local passed=$((${#summary[@]} - skipped)) failed=0
    if ((status != 0)); then
        failed=1
        summary+=("FAILED            $current")
    fi
    printf '\n'
    printf '%s\n' "${summary[@]}"
    printf 'after %d s\n' $SECONDS
    printf 'steps: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
}
trap summarise EXIT

# fails_with TEXT COMMAND...: the command must fail, and say why with this text.
fails_with() {
    local text=$1 output=target/fails_with.log
    shift
    mkdir -p target
    if "$@" >"$output" 2>&1; then
        cat "$output"
        echo "succeeded, but must fail: $*"
        return 1
    fi
    if ! grep -qF -- "$text" "$output"; then
        cat "$output"
        echo "failed, but not with \"$text\": $*"
        return 1
    fi
    echo "failed as it must, with \"$text\": $*"
}

has() {
    "$@" >/dev/null 2>&1
}

# Whether fuzz targets can be built; if not, `reason` says why.
fuzzing_is_possible() {
    if ! has cargo +nightly --version; then
        reason="no nightly toolchain"
    elif ! has c++ --version; then
        reason="no C++ compiler for libFuzzer"
    elif ! has cargo fuzz --version && ! cargo install --locked --root target/tools cargo-fuzz; then
        reason="cargo-fuzz cannot be installed"
    else
        return 0
    fi
    return 1
}

# The names of the fuzz targets: those of their files. A test in fuzz/src/lib.rs holds the manifest to them.
fuzz_targets() {
    local file
    for file in fuzz/fuzz_targets/*.rs; do
        basename "$file" .rs
    done
}

# fuzz TARGET SECONDS [OPTION OF CARGO FUZZ...]: from a copy of the seeds, so that the tree stays as it is.
fuzz() {
    local target=$1 seconds=$2
    shift 2
    check_seeds "$target"
    local corpus=target/corpus/$target options=(-max_total_time="$seconds" -timeout=20 -print_final_stats=1 -verbosity=0)
    if [[ -e fuzz/dictionaries/$target.dict ]]; then
        options+=(-dict="fuzz/dictionaries/$target.dict")
    fi
    mkdir -p "$corpus"
    cp "fuzz/seeds/$target"/* "$corpus"
    cargo +nightly fuzz run "$@" "$target" "$corpus" -- "${options[@]}"
}

# fuzz_at_once SECONDS TARGET...: the same for several targets, each on a core of its own.
fuzz_at_once() {
    local seconds=$1 target failed=0
    local -A runs
    shift
    mkdir -p target
    for target in "$@"; do
        fuzz "$target" "$seconds" >"target/fuzz-$target.log" 2>&1 &
        runs[$target]=$!
    done
    for target in "$@"; do
        wait "${runs[$target]}" || failed=1
        cat "target/fuzz-$target.log"
    done
    return "$failed"
}

check_seeds() {
    if [[ -z $(find "fuzz/seeds/$1" -type f -size +0 -print -quit) ]]; then
        echo "no seeds in fuzz/seeds/$1"
        return 1
    fi
}

# copy_tree FOLDER: what belongs to the project, without what was built.
copy_tree() {
    rm -rf "$1"
    mkdir -p "$1"
    tar --exclude=./target --exclude=./.git --exclude=./fuzz/target --exclude=./tests/no_std/target -cf - . | tar -xf - -C "$1"
}
