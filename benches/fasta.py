"""Sequences of DNA for the programs that read some: `fasta(N)` as bytes, the same on every machine."""

ALU = (
    b"GGCCGGGCGCGGTGGCTCACGCCTGTAATCCCAGCACTTTGGGAGGCCGAGGCGGGCGGATCACCTGAGGTCAGGAGTTCGAGACCAGCCTGGCCAACATGG"
    b"TGAAACCCCGTCTCTACTAAAAATACAAAAATTAGCCGGGCGTGGTGGCGCGCGCCTGTAATCCCAGCTACTCGGGAGGCTGAGGCAGGAGAATCGCTTGAA"
    b"CCCGGGAGGCGGAGGTTGCAGTGAGCCGAGATCGCGCCACTGCACTCCAGCCTGGGCGACAGAGCGAGACTCCGTCTCAAAAA"
)
ANY = [("a", 0.27), ("c", 0.12), ("g", 0.12), ("t", 0.27)] + [(letter, 0.02) for letter in "BDHKMNRSVWY"]
HUMAN = [("a", 0.3029549426680), ("c", 0.1979883004921), ("g", 0.1975473066391), ("t", 0.3015094502008)]
MODULUS, FACTOR, SUMMAND = 139968, 3877, 29573
LINE = 60


def drawn(table, state, count):
    """Letters by their shares, and where the generator stands behind them."""
    letters = bytearray()
    for at in range(MODULUS):  # the letter of every state the generator has
        share, sum = at / MODULUS, 0
        for letter, part in table:
            sum += part
            if share < sum:
                break
        letters.append(ord(letter))
    made = bytearray(count)
    for at in range(count):
        state = (state * FACTOR + SUMMAND) % MODULUS
        made[at] = letters[state]
    return bytes(made), state


def lines(letters):
    return b"".join(letters[at:at + LINE] + b"\n" for at in range(0, len(letters), LINE))


def fasta(size):
    repeated = (ALU * (2 * size // len(ALU) + 1))[:2 * size]
    two, state = drawn(ANY, 42, 3 * size)
    three, _ = drawn(HUMAN, state, 5 * size)
    titles = [b">ONE Homo sapiens alu\n", b">TWO IUB ambiguity codes\n", b">THREE Homo sapiens frequency\n"]
    return b"".join(title + lines(letters) for title, letters in zip(titles, (repeated, two, three)))
