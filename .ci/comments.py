"""Fails if a comment line is longer than 100 columns, or code in documentation longer than 80.

Code in documentation counts from its own first column. Lines that rustdoc hides may be longer, and
so may rows of tables, which cannot be broken. The short examples are pages of the documentation
themselves: none of their lines is longer than 94 columns, which is what such a page shows.
"""

import re
import sys

EXAMPLE = re.compile(r"examples/\w+\.rs")
COMMENT = re.compile(r"\s*(//[/!]?)(?!/)( ?)(.*)")


def too_long(path):
    in_code = False
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if EXAMPLE.fullmatch(path) and len(line) > 94:
            yield f"{path}:{number}: {len(line)} columns in an example, more than 94"
            continue
        match = COMMENT.fullmatch(line)
        if not match:
            in_code = False
            continue
        marker, _, text = match.groups()
        is_doc = marker != "//"
        if is_doc and text.lstrip().startswith("```"):
            in_code = not in_code
            continue
        hidden = in_code and (text.strip() == "#" or text.lstrip().startswith("# "))
        table = is_doc and not in_code and text.startswith("| ")
        if hidden or table:
            continue
        if len(line) > 100:
            yield f"{path}:{number}: a comment of {len(line)} columns, more than 100"
        elif in_code and len(text) > 80:
            yield f"{path}:{number}: code of {len(text)} columns in documentation, more than 80"


files = sys.argv[1:]
if len(files) == 0:
    sys.exit("no files to look at")
found = [message for path in files for message in too_long(path)]
if found:
    sys.exit("\n".join(found))
print(f"no line is too long in the comments of {len(files)} files")
