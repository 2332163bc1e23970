MemcpyHtoD,0x00007f2fd9e00000,400000
kernel-1.traceg
MemcpyDtoH,0x00007f2fd9e00000,4
kernel-1.traceg
=
-kernel name = _Z6vecAddPdS_S_i
-kernel id = 1
-grid dim = (1,1,1)
-block dim = (64,1,1)
-shmem = 0
-nregs = 16
-cuda stream id = 0
-shmem base_addr = 0x00007f2fdb000000
-local mem base_addr = 0x00007f2fd9000000
-accelsim tracer version = 4

#traces format = PC mask

#BEGIN_TB

thread block = 0,0,0

warp = 0
insts = 4
0000 ffffffff 1 R1 IMAD.MOV.U32 2 R255 R255 0
0010 ffffffff 1 R2 LDG.E.64.SYS 1 R4 8 1 0x7f2fd0000000 8
0020 0000000f 0 STG.E 2 R6 R2 4 2 0x7f2fd1000000 4 -8 4
0030 00000003 1 R2 LD.E 1 R4 4 0 0x7f2fdb000010 0x1000
#END_TB
