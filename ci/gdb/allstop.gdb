# What ci/gdb/allstop.py has GDB do in all-stop mode. Each echo names what follows.
set pagination off
set confirm off
set width 0
set print thread-events off
echo == threads\n
info threads
echo == break\n
break tick
continue
print/u counters[$_thread - 1].value
continue
continue
continue
echo == again\n
print/u $_thread
print/u counters[$_thread - 1].value
set var $that = $_thread
set var $old = counters[$_thread - 1].value
delete
tbreak tick if $_thread == $that
continue
print/u counters[$_thread - 1].value - $old
echo == stepi\n
stepi
backtrace
echo == hbreak\n
hbreak tock if $_thread == 3
continue
delete
echo == watch\n
thread 2
watch counters[1].value
continue
delete
echo == rwatch\n
rwatch *(unsigned *)&read_only_word
continue
delete
echo == awatch\n
awatch counters[2].value
continue
delete
echo == set\n
set var $gp = 0x1234
print/x $gp
set var poke_rare = 1
print poke_rare
break rare
continue
set var poke_rare = 0
delete
echo == monitor\n
monitor stats
monitor list
echo == detach\n
detach
