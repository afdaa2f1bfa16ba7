/* Entry of every hart: a stack of its own, then hart_main(mhartid), which does not return. */
    .equ HARTS, 16
    .equ STACK_SHIFT, 11

    .section .text.start, "ax"
    .globl _start
    .type _start, @function
_start:
    csrr a0, mhartid
    li t0, HARTS
    bgeu a0, t0, no_stack
    la sp, stacks
    addi t1, a0, 1
    slli t1, t1, STACK_SHIFT
    add sp, sp, t1
    call hart_main
no_stack:
    /* A hart too many: nothing here can run it. */
    ebreak
    .size _start, . - _start

    .section .bss
    .balign 64
    .type stacks, @object
stacks:
    .zero HARTS << STACK_SHIFT
    .size stacks, . - stacks
