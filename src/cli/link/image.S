/* What a host by ssh:// is given: boot.sh, and the worker of this very machine, stripped. */
	.section .rodata
	.global image_script, image_worker, image_script_size, image_worker_size
	.balign 8
image_script_size:
	.quad script_end - image_script
image_worker_size:
	.quad worker_end - image_worker
image_script:
	.incbin "src/cli/link/boot.sh"
script_end:
image_worker:
	.incbin "ddump-worker.image"
worker_end:
	.section .note.GNU-stack, "", %progbits
