/*
 * The guest that the emulator debugs while it runs. Each of up to 16 harts goes through rounds of deterministic
 * computation until the host stops it. Every global that is not static is part of the contract with the host,
 * which finds it by name. Three counters, each made atomic in another way, agree with the sum of all rounds when
 * the last hart has stopped: that checks the emulator's atomics.
 */
typedef unsigned int u32;

#define HARTS 16
#define WORDS 16

/* Apart from words that others write, so that harts on different host cores do not slow each other down. */
#define OWN_LINE __attribute__((aligned(64)))

/* Words of one hart. */
struct slot {
    volatile u32 value;
} OWN_LINE;

/* Words of the host. */
OWN_LINE volatile u32 stop_flag;          /* nonzero: every hart stops after its current round */
OWN_LINE volatile u32 rounds_limit;       /* nonzero: a hart stops by itself after that many rounds */
OWN_LINE volatile u32 poke_rare;          /* nonzero: each round calls rare() */
OWN_LINE volatile u32 use_trigger[HARTS]; /* 1: the hart sets its own trigger on tock(); 2: it clears it */
OWN_LINE const volatile u32 read_only_word = 0x600df00d; /* read once in every round, never written */

/* Words of the harts. */
struct slot counters[HARTS];              /* rounds done: one store in every round */
struct slot checksums[HARTS];             /* result of the computation so far: one store in every round */
OWN_LINE volatile u32 amo_counter;
OWN_LINE volatile u32 sc_counter;
OWN_LINE volatile u32 shared_lock;
OWN_LINE volatile u32 shared_counter;

enum { SET_TRIGGER = 1, CLEAR_TRIGGER = 2, WRITE = 64, EXIT = 93 };
enum { EXECUTE = 0 }; /* the kind of trigger that stops before an instruction */

static u32 service(u32 number, u32 first, u32 second, u32 third)
{
    register u32 a0 __asm__("a0") = first;
    register u32 a1 __asm__("a1") = second;
    register u32 a2 __asm__("a2") = third;
    register u32 a7 __asm__("a7") = number;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
    return a0;
}

/* Targets of breakpoints. The empty asm keeps calls that have no effect, and keeps the bodies different. */
__attribute__((noinline, noclone)) void tick(u32 hart)
{
    __asm__ volatile("" : : "r"(hart) : "memory");
}

__attribute__((noinline, noclone)) void tock(u32 round)
{
    __asm__ volatile("nop" : : "r"(round) : "memory");
}

__attribute__((noinline, noclone)) void rare(u32 hart)
{
    __asm__ volatile("nop\n\tnop" : : "r"(hart) : "memory");
}

static void count_by_amo(void)
{
    __asm__ volatile("amoadd.w zero, %1, %0" : "+A"(amo_counter) : "r"(1) : "memory");
}

static void count_by_sc(void)
{
    u32 value, failed;

    __asm__ volatile("1: lr.w %0, %2\n\t"
                     "addi %0, %0, 1\n\t"
                     "sc.w %1, %0, %2\n\t"
                     "bnez %1, 1b"
                     : "=&r"(value), "=&r"(failed), "+A"(sc_counter) : : "memory");
}

static void count_under_lock(void)
{
    u32 taken, failed;

    __asm__ volatile("1: lr.w.aq %0, %2\n\t"
                     "bnez %0, 1b\n\t"
                     "sc.w %1, %3, %2\n\t"
                     "bnez %1, 1b"
                     : "=&r"(taken), "=&r"(failed), "+A"(shared_lock) : "r"(1) : "memory");
    shared_counter = shared_counter + 1;
    __asm__ volatile("amoswap.w.rl zero, zero, %0" : "+A"(shared_lock) : : "memory");
}

static u32 xorshift(u32 state)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static void sort(u32 *words)
{
    for (u32 i = 1; i < WORDS; i++) {
        u32 word = words[i];
        u32 at = i;

        for (; at > 0 && words[at - 1] > word; at--)
            words[at] = words[at - 1];
        words[at] = word;
    }
}

static u32 crc(u32 sum, const unsigned char *bytes, u32 count)
{
    static const u32 table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };

    for (u32 i = 0; i < count; i++) {
        sum ^= bytes[i];
        sum = sum >> 4 ^ table[sum & 15];
        sum = sum >> 4 ^ table[sum & 15];
    }
    return sum;
}

/* One round's computation: fill, sort, multiply and divide, checksum. It sees nothing that is shared. */
static u32 compute(u32 sum)
{
    u32 words[WORDS];
    u32 state = sum | 1;

    for (u32 i = 0; i < WORDS; i++)
        words[i] = state = xorshift(state);
    sort(words);
    for (u32 i = 1; i < WORDS; i++) {
        unsigned long long product = (unsigned long long)words[i] * words[i - 1];

        sum += (u32)(product >> 32) ^ (u32)product;
        sum ^= words[i] / (words[i - 1] >> 7 | 1);
        sum += (u32)((int)words[i] % (int)(i + 3));
        ((unsigned short *)words)[i] ^= (unsigned short)sum;
    }
    return crc(sum, (const unsigned char *)words, sizeof words);
}

__attribute__((noreturn)) void hart_main(u32 hart)
{
    static const char greeting[] = "guest: hart 0 is running\n";
    u32 sum = 0x9e3779b9u * (hart + 1);
    u32 round = 0;

    if (hart == 0)
        service(WRITE, 1, (u32)greeting, sizeof greeting - 1);
    do {
        u32 trigger = use_trigger[hart];

        if (trigger) {
            service(trigger == 2 ? CLEAR_TRIGGER : SET_TRIGGER, (u32)tock, EXECUTE, 0);
            use_trigger[hart] = 0;
        }
        sum = compute(sum) ^ read_only_word;
        checksums[hart].value = sum;
        counters[hart].value = ++round;
        count_by_amo();
        count_by_sc();
        count_under_lock();
        tick(hart);
        tock(round);
        if (poke_rare)
            rare(hart);
    } while (!stop_flag && (rounds_limit == 0 || round < rounds_limit));
    for (;;)
        service(EXIT, sum, 0, 0);
}
