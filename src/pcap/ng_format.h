#ifndef PCAP_NG_FORMAT_H
#define PCAP_NG_FORMAT_H

/* Numbers of draft-ietf-opsawg-pcapng that reader and writer share. */
#define NG_BYTE_ORDER_MAGIC 0x1a2b3c4du

enum ng_block_type { /* section 11.1 */
		     NG_BLOCK_SECTION = 0x0a0d0d0a,
		     NG_BLOCK_INTERFACE = 1,
		     NG_BLOCK_OLD_PACKET = 2,
		     NG_BLOCK_SIMPLE_PACKET = 3,
		     NG_BLOCK_NAMES = 4,
		     NG_BLOCK_STATISTICS = 5,
		     NG_BLOCK_PACKET = 6,
		     NG_BLOCK_SECRETS = 10
};

enum ng_option_code { /* sections 3.5, 4.1, 4.2, 4.3, 4.6 */
		      NG_OPTION_END = 0,
		      NG_OPTION_COMMENT = 1,
		      NG_SHB_HARDWARE = 2,
		      NG_SHB_OS = 3,
		      NG_SHB_USERAPPL = 4,
		      NG_IF_NAME = 2,
		      NG_IF_DESCRIPTION = 3,
		      NG_IF_TSRESOL = 9,
		      NG_IF_FILTER = 11,
		      NG_IF_OS = 12,
		      NG_IF_TSOFFSET = 14,
		      NG_EPB_FLAGS = 2,
		      NG_EPB_DROPCOUNT = 4,
		      NG_ISB_IFRECV = 4,
		      NG_ISB_IFDROP = 5,
		      NG_ISB_FILTERACCEPT = 6,
		      NG_ISB_OSDROP = 7,
		      NG_ISB_USRDELIV = 8
};

/* Bytes of each block before its packet data or its options. */
#define NG_SECTION_FIXED    24
#define NG_INTERFACE_FIXED  16
#define NG_PACKET_FIXED	    28
#define NG_SIMPLE_FIXED	    12
#define NG_STATISTICS_FIXED 20
#define NG_TRAILER	    4 /* the block length once more */
#define NG_OPTION_HEAD	    4 /* code and length of the value */

#endif
